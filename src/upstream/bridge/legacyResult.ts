import { stringifyEach, stringifyLossless } from '../../mcp/losslessJson.ts';
import { findMembers, withChanges, type FoundMember, type MemberChange } from '../../mcp/objectMembers.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { inSlices, type Steps } from '../../slices.ts';
import { bytesAnswer, resultAnswer } from '../answers.ts';
import type { UpstreamAnswer } from '../upstream.ts';

/** An answer that is no error. */
export type UpstreamResult = UpstreamAnswer & { readonly response: { readonly result: JsonObject } };

/** A result of a modern server's, read as far as one must know what it is. */
export interface ModernResult {
  /** `complete`, `input_required`, or of an extension (MCP 2026-07-28, basic, Responses). */
  readonly type: unknown;
  /** Its value. Parses a large one without keeping others waiting. @throws Unavailable */
  read(): JsonObject | Promise<JsonObject>;
  /** Makes the answer of it that the legacy revisions know. @throws Unavailable */
  toLegacy(method: string): Promise<UpstreamAnswer>;
}

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
const INFO_MEMBERS: ReadonlySet<string> = new Set([SERVER_INFO]);

/** Members that a legacy result does not have, or has in another form. */
const MEMBERS: ReadonlySet<string> = new Set(['resultType', 'ttlMs', 'cacheScope', 'structuredContent', '_meta']);

/** Methods whose results say for how long, and for whom, they may be remembered (MCP 2026-07-28, server/utilities/caching). */
const CACHEABLE: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** The type of a result is a word; a longer text is none that is known. */
const MAX_TYPE_BYTES = 100;

const OPENING_BRACE = 0x7b;

/** Reads what kind of result an answer has. A large one is not parsed for it. */
export async function readModernResult({ resultBytes, readResult, response }: UpstreamResult): Promise<ModernResult> {
  if (resultBytes === undefined || readResult === undefined) return modernValue(response.result);
  const members = await inSlices(findMembers(resultBytes, MEMBERS));
  // Of a member that comes twice the last one counts, as everywhere.
  const type = members.findLast(({ name }) => name === 'resultType');
  return {
    type: type === undefined ? 'complete' : typeIn(resultBytes.subarray(type.valueFrom, type.to)),
    read: readResult,
    async toLegacy(method) {
      // The definitions of tools say what their outputs may be, and must be read for it.
      const isOfTools = method === 'tools/list' && resultBytes.includes('outputSchema');
      if (isOfTools) return bytesAnswer(await inSlices(toolsSteps(await readResult())));
      return bytesAnswer(await inSlices(bytesSteps(resultBytes, method, members)));
    },
  };
}

function modernValue(result: JsonObject): ModernResult {
  return {
    type: result['resultType'] ?? 'complete',
    read: () => result,
    toLegacy: async (method) => resultAnswer(await inSlices(valueSteps(method, result))),
  };
}

/** Takes out of a result what the legacy revisions do not have. */
function* valueSteps(method: string, result: JsonObject): Steps<JsonObject> {
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(result)) {
    yield;
    if (isTakenOut(name, method)) continue;
    if (name === '_meta' && isJsonObject(value)) {
      const { [SERVER_INFO]: _info, ...others } = value;
      if (Object.keys(others).length > 0) kept.push([name, others]);
    } else if (name === 'structuredContent' && method === 'tools/call' && !isJsonObject(value)) {
      kept.push([name, { result: value }]);
    } else if (name === 'tools' && method === 'tools/list' && Array.isArray(value)) {
      const tools: unknown[] = [];
      for (const tool of value as readonly unknown[]) {
        tools.push(legacyTool(tool));
        yield;
      }
      kept.push([name, tools]);
    } else kept.push([name, value]);
  }
  // fromEntries defines members, so that one called __proto__ is one.
  return Object.fromEntries(kept);
}

/** The same, of a result that is not parsed. */
function* bytesSteps(json: Buffer, method: string, members: readonly FoundMember[]): Steps<Buffer> {
  const changes: MemberChange[] = [];
  for (const member of members) {
    const { name } = member;
    const value = json.subarray(member.valueFrom, member.to);
    if (isTakenOut(name, method)) changes.push({ member });
    else if (name === '_meta' && isObject(value)) {
      const info = yield* findMembers(value, INFO_MEMBERS);
      const others = withChanges(
        value,
        info.map((found) => ({ member: found })),
      );
      changes.push({ member, value: isEmptyObject(others) ? undefined : others });
    } else if (name === 'structuredContent' && method === 'tools/call' && !isObject(value)) {
      changes.push({ member, value: Buffer.concat([Buffer.from('{"result":'), value, Buffer.from('}')]) });
    }
  }
  return withChanges(json, changes);
}

/** Writes a list of tools. */
function* toolsSteps(result: JsonObject): Steps<Buffer> {
  const { tools, ...others } = yield* valueSteps('tools/list', result);
  const texts = yield* stringifyEach(Array.isArray(tools) ? tools : []);
  const rest = stringifyLossless(others).slice(1);
  return Buffer.from(`{"tools":[${texts.join()}]${rest === '}' ? '' : ','}${rest}`);
}

function isTakenOut(name: string, method: string): boolean {
  return name === 'resultType' || ((name === 'ttlMs' || name === 'cacheScope') && CACHEABLE.has(method));
}

/**
 * The output of a tool is an object in the legacy revisions, and clients refuse a whole list for the schema of another one. In the
 * modern one it may be anything (MCP 2026-07-28, server/tools, Output Schema): then the output is the `result` of an object, and
 * its schema is left out.
 */
function legacyTool(tool: unknown): unknown {
  if (!isJsonObject(tool)) return tool;
  const { outputSchema, ...others } = tool;
  const isOfObject = isJsonObject(outputSchema) && outputSchema['type'] === 'object';
  return outputSchema === undefined || isOfObject ? tool : others;
}

/** Reads a type from its JSON text; undefined: it is none that anybody knows. */
function typeIn(json: Buffer): unknown {
  if (json.length > MAX_TYPE_BYTES) return undefined;
  try {
    return JSON.parse(json.toString('utf8')) ?? 'complete';
  } catch {
    return undefined;
  }
}

/** Tells an object by the first byte of a valid value. */
function isObject(json: Buffer): boolean {
  return json.find((byte) => byte > 0x20) === OPENING_BRACE;
}

function isEmptyObject(json: Buffer): boolean {
  return json.length <= MAX_TYPE_BYTES && /^\s*\{\s*\}\s*$/.test(json.toString('utf8'));
}
