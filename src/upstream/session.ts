import type { ByteBudget } from './http/call.ts';
import type { Tool } from './catalogueItems.ts';

import type { JsonObject } from '../mcp/jsonRpc.ts';
import type { Era } from '../mcp/eras.ts';

/** The name and version by which we introduce ourselves. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string;
}

export interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

export interface RequestOptions {
  /** Aborting it cancels the request at the server too. */
  readonly signal?: AbortSignal | undefined;
  /** Asks the server for progress, and gets it in order. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** For tools/call: the tool's definition, when it is known; spares a modern session a tools/list. */
  readonly tool?: Tool | undefined;
  /** Bytes that this and other requests may receive together. */
  readonly budget?: ByteBudget | undefined;
}

/** What a server says about itself. */
export interface ServerFacts {
  readonly era: Era;
  readonly protocolVersion: string;
  /** Absent when a modern server does not introduce itself. */
  readonly serverInfo: JsonObject | undefined;
  readonly capabilities: JsonObject;
  readonly instructions: string | undefined;
}

/** A conversation with a server, in its era's way. */
export interface Session extends AsyncDisposable {
  /** Of the current session: a legacy server may say something else after it lost one. */
  readonly facts: ServerFacts;
  /** @throws UpstreamError, Refused, Unavailable, or the reason of the signal */
  request(method: string, params: JsonObject, options?: RequestOptions): Promise<JsonObject>;
  /** Takes note of the tools that a list has shown, for the headers of their calls. Returns why a tool can't be used. */
  learn(tool: Tool): string | undefined;
}
