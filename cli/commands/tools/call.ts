import { resolve } from 'node:path';
import { nearest } from '../../../src/nearest.ts';
import { AppError, Invalid, NotFound, Refused } from '../../../src/errors/appError.ts';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import { liveServerOf } from '../../../src/live/liveServers.ts';
import { isJsonObject, type JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { isLosslessNumber, parseLossless } from '../../../src/mcp/losslessJson.ts';
import { exposedName, prefixOf, readExposedName } from '../../../src/upstream/aggregate/exposedNames.ts';
import { callTool } from '../../../src/upstream/callTool.ts';
import { listTools } from '../../../src/upstream/catalogue.ts';
import type { Tool } from '../../../src/mcp/catalogueItems.ts';
import type { Progress } from '../../../src/upstream/progress.ts';
import type { ToolResult } from '../../../src/upstream/toolResult.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';
import { misuse } from '../../input/misuse.ts';
import { readStdin, readTextFile } from '../../input/readText.ts';
import { escape, escapeLines } from '../../../src/escape.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { answerText, progressText } from '../../tools/answerText.ts';
import { readTypedArgument, typedArguments, type TypedArgument } from '../../tools/typedArguments.ts';
import { visitPatiently } from '../../upstream/patientVisit.ts';
import { openWaiting } from '../../output/waiting.ts';

export interface CallToolOptions {
  readonly arguments?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** The server’s own time-outs end a call before; in milliseconds. */
const DEFAULT_TIMEOUT_MS = 3_600_000;

/** As large as a message to a server may be. */
const MAX_ARGUMENTS_BYTES = 4 * 1_048_576;

/** Calls a tool and prints its answer. @throws Refused `tool-failed` after the answer, where the tool says so; NotFound; Invalid `usage` */
export async function callServerTool(
  cli: Cli,
  first: string,
  words: readonly string[],
  options: CallToolOptions,
): Promise<void> {
  const { server: name, tool: toolName, rest } = namesOf(first, words);
  const typed = await readTyped(cli, rest, options);
  const base = options.arguments === undefined ? {} : await readArguments(cli, options.arguments);
  await cli.withStores(async ({ stores: { db, vault } }) => {
    const row = await requireServer(db, name);
    const server = liveServerOf(row, await openServerSecrets(vault, row));
    const outcome = await answerOf(cli, server, toolName, options, (tool) => argumentsFor(cli, tool, typed, base));
    if (outcome instanceof AppError) throw outcome;
    await cli.output.answer(outcome, () => escapeLines(answerText(outcome)));
    if (outcome.isError === true) throw new Refused('tool-failed', `The tool ${escape(toolName)} says that it failed.`);
  });
}

/** @returns what is wrong with the command, too: it is no failure of the visit */
async function answerOf(
  cli: Cli,
  server: LiveServer,
  toolName: string,
  { timeout = DEFAULT_TIMEOUT_MS }: CallToolOptions,
  argumentsOf: (tool: Tool) => JsonObject | Invalid,
): Promise<ToolResult | AppError> {
  using waiting = openWaiting(cli.stderr, `Calling ${escape(toolName)} of ${server.name}`);
  const onProgress = (progress: Progress) => waiting.onLine(progressText(progress));
  return await interruptible((interruption) =>
    visitPatiently(
      server,
      { timeoutMs: timeout, signal: interruption, onLine: waiting.onLine },
      async ({ upstream }, signal) => {
        const { items } = await listTools(upstream, { signal });
        const tool = findTool(items, server.name, toolName);
        if (tool instanceof AppError) return tool;
        const args = argumentsOf(tool);
        if (args instanceof AppError) return args;
        return callTool(upstream, { name: tool.name, args }, { signal, tool, onProgress });
      },
    ),
  );
}

/** Reads arguments, and the files that their values name: `@FILE`, `@-` for stdin, `@@…` for a value that begins with @. */
async function readTyped(
  cli: Cli,
  words: readonly string[],
  options: CallToolOptions,
): Promise<readonly TypedArgument[]> {
  const typed = words.map((word) => {
    const argument = readTypedArgument(word);
    if (argument === undefined) {
      throw misuse('An argument of a tool is written NAME=VALUE, or NAME:=JSON. A value with spaces needs quotes.');
    }
    return argument;
  });
  const onStdin = typed.filter(({ text }) => text === '@-').length + (options.arguments === '-' ? 1 : 0);
  if (onStdin > 1) throw misuse('Only one value can be read from stdin.');
  return Promise.all(
    typed.map(async (argument) => {
      const { name, text } = argument;
      if (text.startsWith('@@')) return { ...argument, text: text.slice(1) };
      if (!text.startsWith('@') || text === '@') return argument;
      const what = `The file of ${escape(name)} (a value that begins with @ is written @@…)`;
      const limits = { what, maxBytes: MAX_ARGUMENTS_BYTES };
      const file = text.slice(1);
      return {
        ...argument,
        text: file === '-' ? await readStdin(cli, limits) : await readTextFile(resolve(cli.cwd, file), limits),
      };
    }),
  );
}

/** A server's name has no underscore, so a first word with two of them is the name of a tool in the aggregate. */
function namesOf(first: string, words: readonly string[]) {
  const { server } = readExposedName(first);
  if (server !== undefined) return { server, tool: first, rest: words };
  // A tool is written SERVER/TOOL in the audit, and SERVER:TOOL in a grant; no server's name has either sign.
  const [, prefix, own] = /^([a-z0-9-]+)[/:](.+)$/.exec(first) ?? [];
  if (prefix !== undefined && own !== undefined) return { server: prefix, tool: own, rest: words };
  const [tool, ...rest] = words;
  if (tool === undefined)
    throw misuse('Say which tool: metamcp-cli tools call SERVER TOOL, SERVER__TOOL or SERVER/TOOL.');
  return { server: first, tool, rest };
}

function findTool(tools: readonly Tool[], server: string, wanted: string): Tool | NotFound {
  const tool =
    tools.find(({ name }) => name === wanted) ??
    tools.find(({ name }) => exposedName(prefixOf(server), name) === wanted);
  if (tool !== undefined) return tool;
  const own = wanted.startsWith(prefixOf(server)) ? wanted.slice(prefixOf(server).length) : wanted;
  const similar = nearest(
    own,
    tools.map(({ name }) => name),
  );
  const hint = similar === undefined ? `See: metamcp-cli tools list ${server}` : `Did you mean ${escape(similar)}?`;
  return new NotFound('tool-not-found', `The server ${server} has no tool ${escape(own)}. ${hint}`);
}

function argumentsFor(
  { output }: Pick<Cli, 'output'>,
  tool: Tool,
  typed: readonly TypedArgument[],
  base: JsonObject,
): JsonObject | Invalid {
  const read = typedArguments(tool.inputSchema, typed, base);
  if ('args' in read) {
    for (const note of read.notes ?? []) output.warn(escape(note));
    return read.args;
  }
  return new Invalid('usage', read.complaints.map(escape).join('\n'), { data: { complaints: read.complaints } });
}

async function readArguments(cli: Cli, file: string): Promise<JsonObject> {
  const options = { what: 'The file of arguments', maxBytes: MAX_ARGUMENTS_BYTES };
  const text = file === '-' ? await readStdin(cli, options) : await readTextFile(resolve(cli.cwd, file), options);
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch {
    value = undefined;
  }
  if (isJsonObject(value) && !isLosslessNumber(value)) return value;
  throw misuse('--arguments takes a file with a JSON object.');
}
