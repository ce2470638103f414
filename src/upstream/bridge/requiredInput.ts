import { randomUUID } from 'node:crypto';
import { notMcp, type ServerLabel } from '../../mcp/failures.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';

/** What a modern server wants to know before it goes on with a request (MCP 2026-07-28, basic/patterns/mrtr, InputRequiredResult). */
export interface RequiredInput {
  readonly requests: readonly InputRequest[];
  /** To be sent back as it is; undefined: none was given, and none must be sent. */
  readonly requestState: string | undefined;
}

export interface InputRequest {
  /** The server's name of it. */
  readonly key: string;
  readonly method: string;
  readonly params: JsonObject | undefined;
}

/** Inputs that one answer may ask for; far more than any does, few enough to stop one that floods the client. */
const MAX_INPUTS = 100;

/** The inputs that the revision knows. */
const METHODS: ReadonlySet<unknown> = new Set(['sampling/createMessage', 'elicitation/create', 'roots/list']);

/** Reads a result whose type is `input_required`. @throws Unavailable when it is not of its shape */
export function readRequiredInput(label: ServerLabel, result: JsonObject): RequiredInput {
  // Some servers write null for what is absent.
  const inputRequests = result['inputRequests'] ?? {};
  const requestState = result['requestState'] ?? undefined;
  if (!isJsonObject(inputRequests)) throw notMcp(label, 'asks for input with inputRequests that are not an object');
  if (requestState !== undefined && typeof requestState !== 'string') {
    throw notMcp(label, 'asks for input with a requestState that is not a text');
  }
  const entries = Object.entries(inputRequests);
  if (entries.length > MAX_INPUTS) throw notMcp(label, `asks for more than ${MAX_INPUTS} inputs at once`);
  if (entries.length === 0 && requestState === undefined) {
    throw notMcp(label, 'asks for input, but names neither inputRequests nor a requestState');
  }
  return { requests: entries.map(([key, entry]) => readInputRequest(label, key, entry)), requestState };
}

function readInputRequest(label: ServerLabel, key: string, entry: unknown): InputRequest {
  if (!isJsonObject(entry)) throw notMcp(label, 'asks for an input that is not an object');
  const { method } = entry;
  const params = entry['params'] ?? undefined;
  if (typeof method !== 'string' || !METHODS.has(method)) throw notMcp(label, 'asks for an input of an unknown method');
  if (params !== undefined && !isJsonObject(params)) throw notMcp(label, 'asks for an input with malformed params');
  return { key, method, params };
}

/** Makes the params of the request that a legacy client gets. It knows a URL by an id, which modern servers don't give. */
export function legacyParams({ method, params }: InputRequest): JsonObject | undefined {
  const isUrl = method === 'elicitation/create' && params?.['mode'] === 'url';
  return isUrl && typeof params['elicitationId'] !== 'string' ? { ...params, elicitationId: randomUUID() } : params;
}
