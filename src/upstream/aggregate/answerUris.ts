import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { stringifyEach } from '../../mcp/losslessWriting.ts';
import { inSlices, type Steps } from '../../slices.ts';
import type { SideMessage, UpstreamAnswer } from '../upstream.ts';
import type { Member } from './member.ts';
import { isWholeUri, qualifiedSkillUri, qualifiedUri } from './qualifiedUris.ts';
import { withUiUris } from './uiUris.ts';

/** The resource that a request was about. */
export interface AskedUri {
  /** The member's own URI of it, and the one that the client has sent. */
  readonly own: string;
  readonly exposed: string;
}

type Write = (uri: string) => string;
type Change = (value: unknown) => unknown;

/**
 * Writes the URIs in a member's answer for clients (qualifiedUris.ts), where the specification has them; all else stays.
 * @param asked undefined: the request named no resource
 */
export async function answerWithUris(
  member: Member,
  method: string,
  answer: UpstreamAnswer,
  asked?: AskedUri,
): Promise<UpstreamAnswer> {
  const { response, resultBytes, readResult } = answer;
  if ('error' in response) return asked === undefined ? answer : errorWithUri(answer, asked);
  if (resultBytes !== undefined && !mayNameUris(resultBytes)) return answer;
  const result = readResult === undefined ? response.result : await readResult();
  const changed = resultWithUris(member, method, result, writeOf(member.server, asked));
  if (changed === result) return answer;
  const written: UpstreamAnswer = { kind: 'response', response: { ...response, result: changed } };
  if (resultBytes === undefined) return written;
  return { ...written, resultBytes: Buffer.from(await inSlices(writeSteps(changed))) };
}

/** Writes the URIs in what a member sends beside answers. */
export function messageWithUris(member: Member, message: SideMessage): SideMessage {
  if (message.kind === 'request') return message;
  const { notification } = message;
  const { method, params } = notification;
  const write = writeOf(member.server, undefined);
  const changed =
    method === 'notifications/resources/updated'
      ? params && withUri(params, write)
      : params && method.startsWith('notifications/tasks')
        ? withMembers(params, { result: (result) => toolResult(member, result, write) })
        : params;
  return changed === params ? message : { kind: 'notification', notification: { ...notification, params: changed } };
}

function resultWithUris(member: Member, method: string, result: JsonObject, write: Write): JsonObject {
  const withUris = (value: unknown): unknown => each(value, (one) => withUri(one, write));
  switch (method) {
    case 'tools/call':
    case 'tasks/result':
      return toolResult(member, result, write) as JsonObject;
    case 'tasks/get':
      return withMembers(result, { result: (value) => toolResult(member, value, write) });
    case 'prompts/get':
      return withMembers(result, {
        messages: (messages) => each(messages, (one) => withMembers(one, { content: (value) => blocks(value, write) })),
      });
    case 'resources/read':
      return withMembers(result, { contents: withUris });
    case 'resources/directory/read':
      return withMembers(result, { resources: withUris });
    case 'skills/get':
      return withMembers(result, { skill: (skill) => withSkillUris(member.server, skill) });
    default:
      return result;
  }
}

/** Writes the URIs of a skill's files for clients (SEP-2640, Skill Entries). */
export function withSkillUris<Skill>(server: string, skill: Skill): Skill {
  if (!isJsonObject(skill)) return skill;
  const write = (uri: string): string => qualifiedSkillUri(server, uri);
  return withMembers(withUri(skill, write), {
    resources: (files) => each(files, (file) => withUri(file, write)),
  }) as Skill;
}

/** An error names the resource as the client has (MCP 2025-11-25, server/resources, Error Handling). */
function errorWithUri(answer: UpstreamAnswer, { own, exposed }: AskedUri): UpstreamAnswer {
  const { response } = answer;
  if (!('error' in response) || !isJsonObject(response.error.data) || response.error.data['uri'] !== own) return answer;
  const error = { ...response.error, data: { ...response.error.data, uri: exposed } };
  return { kind: 'response', response: { ...response, error } };
}

/** Where the client has a skill's URI whole, as one of another scheme, it gets those beside it so, too. */
function writeOf(server: string, asked: AskedUri | undefined): Write {
  const write = asked !== undefined && isWholeUri(asked.exposed) ? qualifiedSkillUri : qualifiedUri;
  return (uri) => write(server, uri);
}

/** Of a tool's result, whose interface a key with tool grants can't read. */
function toolResult({ grant }: Member, result: unknown, write: Write): unknown {
  if (!isJsonObject(result)) return result;
  const changed = withUiUris(result, grant === 'all' ? write : () => undefined);
  return withMembers(changed, { content: (content) => blocks(content, write) });
}

/** Blocks of content that link to a resource, or hold one. */
function blocks(content: unknown, write: Write): unknown {
  return Array.isArray(content)
    ? each(content, (one) => block(one, write))
    : isJsonObject(content)
      ? block(content, write)
      : content;
}

function block(one: JsonObject, write: Write): JsonObject {
  if (one['type'] === 'resource_link') return withUri(one, write);
  if (one['type'] !== 'resource') return one;
  return withMembers(one, { resource: (value) => (isJsonObject(value) ? withUri(value, write) : value) });
}

function withUri(object: JsonObject, write: Write): JsonObject {
  return withMembers(object, { uri: (uri) => (typeof uri === 'string' ? write(uri) : uri) });
}

/** Changes members of an object that are there: the same object where none of them becomes another. */
function withMembers(object: JsonObject, changes: Readonly<Record<string, Change>>): JsonObject {
  let changed = object;
  for (const [name, change] of Object.entries(changes)) {
    if (!Object.hasOwn(object, name)) continue;
    const value = change(object[name]);
    if (value !== object[name]) changed = { ...changed, [name]: value };
  }
  return changed;
}

/** Changes the objects of an array: the same array where none of them becomes another. */
function each(array: unknown, change: (one: JsonObject) => JsonObject): unknown {
  if (!Array.isArray(array)) return array;
  let isOther = false;
  const changed = array.map((one: unknown) => {
    const now = isJsonObject(one) ? change(one) : one;
    isOther ||= now !== one;
    return now;
  });
  return isOther ? changed : array;
}

/** How the schemes `ui` and `skill` end, in letters of either case, before a slash that may be written with an escape. */
const ENDS_OF_SCHEMES = ['i:/', 'I:/', 'l:/', 'L:/'].flatMap((end) => [end, end.replace('/', '\\/')]);

/** A large result that names none is not parsed. Any character may be written as `\u…`. */
function mayNameUris(json: Buffer): boolean {
  return [...ENDS_OF_SCHEMES, '\\u00'].some((part) => json.includes(part));
}

/** Writes a large result, its arrays element by element. */
function* writeSteps(result: JsonObject): Steps<string> {
  const members: string[] = [];
  for (const [name, value] of Object.entries(result)) {
    const text = Array.isArray(value) ? `[${(yield* stringifyEach(value)).join(',')}]` : stringifyLossless(value);
    members.push(`${JSON.stringify(name)}:${text}`);
    yield;
  }
  return `{${members.join(',')}}`;
}
