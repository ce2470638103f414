import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors/appError.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { checkParamHeaders } from '../../mcp/paramHeaderCheck.ts';
import { findParamHeaders, type ParamHeader } from '../../mcp/toolParamHeaders.ts';
import { readItem, TOOLS } from '../../mcp/catalogueItems.ts';
import { inSlices, type Steps } from '../../slices.ts';
import { listAll } from '../../upstream/lists.ts';
import type { Upstream, UpstreamMessage } from '../../upstream/upstream.ts';

/** As many as a list may have. */
const MAX_TOOLS = 20_000;

/** The tools are not listed again sooner, in milliseconds: calls of tools that do not exist must not cost a list each. */
const LISTED_MS = 5_000;

const NO_HEADERS: readonly ParamHeader[] = [];

/**
 * Which arguments a server's tools want mirrored into headers. Only HTTP has those, so where a server is reached in another way
 * the gateway compares them (MCP 2026-07-28, basic/transports, Schema Extension).
 */
export class ToolHeaders {
  readonly #clock: Clock;
  readonly #tools = new LRUCache<string, readonly ParamHeader[]>({ max: MAX_TOOLS });
  #listedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Learns a page of the tools' list. */
  async learnPage(result: JsonObject): Promise<void> {
    await inSlices(this.#learnSteps(result['tools']));
  }

  *#learnSteps(tools: unknown): Steps<void> {
    if (!Array.isArray(tools)) return;
    for (const entry of tools as readonly unknown[]) {
      const read = readItem(TOOLS, entry);
      if ('item' in read) this.#learn(read.item);
      yield;
    }
  }

  /** Compares the headers of a call. What has changed since the list was read is no mismatch, so it is read again. */
  async check(
    upstream: Upstream,
    params: JsonObject | undefined,
    headers: IncomingHttpHeaders,
    signal: AbortSignal,
  ): Promise<AppError | undefined> {
    const name = params?.['name'];
    if (typeof name !== 'string') return undefined;
    const args = isJsonObject(params?.['arguments']) ? params['arguments'] : {};
    const compare = () => checkParamHeaders(this.#tools.get(name) ?? NO_HEADERS, args, headers);
    const mismatch = compare();
    if (this.#tools.has(name) && mismatch === undefined) return undefined;
    return (await this.#list(upstream, signal)) ? compare() : mismatch;
  }

  async #list(upstream: Upstream, signal: AbortSignal): Promise<boolean> {
    const now = this.#clock();
    if (now - this.#listedAt < LISTED_MS) return false;
    this.#listedAt = now;
    try {
      for (const tool of (await listAll(upstream, TOOLS, { signal })).items) this.#learn(tool);
      return true;
    } catch (error) {
      // A server that lists no tools may still run them; why it can't is an error of the call itself.
      if (error instanceof AppError) return false;
      throw error;
    }
  }

  #learn({ name, inputSchema }: { readonly name: string; readonly inputSchema: JsonObject }): void {
    const found = findParamHeaders(inputSchema);
    // A definition that is invalid is for its clients to refuse.
    this.#tools.set(name, found.valid ? found.headers : NO_HEADERS);
  }
}

/** Passes the messages of a list of tools on, and learns the tools. */
export async function* learning(
  messages: AsyncIterable<UpstreamMessage>,
  toolHeaders: ToolHeaders | undefined,
): AsyncGenerator<UpstreamMessage, void, void> {
  for await (const message of messages) {
    if (toolHeaders !== undefined && message.kind === 'response' && 'result' in message.response) {
      const { response, readResult } = message;
      await toolHeaders.learnPage(readResult === undefined ? response.result : await readResult());
    }
    yield message;
  }
}
