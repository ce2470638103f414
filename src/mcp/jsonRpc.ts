import { z } from 'zod';
import { isLosslessNumber, type LosslessNumber } from './losslessJson.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A request's id; null where there is none, or none is known. */
export type JsonRpcId = string | number | null;

/** What a server numbers its requests by; it gets the same text back. */
export type ServerRequestId = string | number | LosslessNumber;

/** What we send. Our request ids are integers. */
export type ClientMessage =
  | { readonly jsonrpc: '2.0'; readonly id: number; readonly method: string; readonly params?: JsonObject }
  | { readonly jsonrpc: '2.0'; readonly method: string; readonly params?: JsonObject }
  | { readonly jsonrpc: '2.0'; readonly id: ServerRequestId; readonly result: JsonObject }
  | {
      readonly jsonrpc: '2.0';
      readonly id: ServerRequestId;
      readonly error: { readonly code: number; readonly message: string };
    };

export function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !('rawJSON' in value && isLosslessNumber(value));
}

/** Reads a number that may have kept its text, for what we reckon with ourselves; any other value stays. */
export function plainNumber(value: unknown): unknown {
  return isLosslessNumber(value) ? Number(value.rawJSON) : value;
}

// By reference: results stay exactly as the server sent them.
const jsonObject = z.custom<JsonObject>(isJsonObject, 'must be an object');
const id = z.preprocess(plainNumber, z.union([z.string(), z.number()]));
/** Of a server's request, in characters: it is kept until the request is answered, and sent back with the answer. */
const MAX_REQUEST_ID = 1_024;
const requestId = z.custom<ServerRequestId>((value) => {
  if (isLosslessNumber(value)) return value.rawJSON.length <= MAX_REQUEST_ID;
  return typeof value === 'number' || (typeof value === 'string' && value.length <= MAX_REQUEST_ID);
});
const jsonrpc = z.literal('2.0');

const responseSchema = z.union([
  z.object({ jsonrpc, id, result: jsonObject }),
  z.object({
    jsonrpc,
    // Null or absent when the server could not read the request's id (JSON-RPC 2.0, 5).
    id: id.nullish(),
    error: z.object({ code: z.preprocess(plainNumber, z.int()), message: z.string(), data: z.unknown().optional() }),
  }),
]);
// Some servers write null for what is absent.
const params = jsonObject.nullish().transform((value) => value ?? undefined);
const requestSchema = z.object({ jsonrpc, id: requestId, method: z.string(), params });
const notificationSchema = z.object({ jsonrpc, method: z.string(), params });

export type JsonRpcResponse = z.infer<typeof responseSchema>;
export type JsonRpcErrorBody = Extract<JsonRpcResponse, { error: unknown }>['error'];
export type ServerRequest = z.infer<typeof requestSchema>;
export type ServerNotification = z.infer<typeof notificationSchema>;

/** A message from a server, by its kind. */
export type ServerMessage =
  | { readonly kind: 'response'; readonly response: JsonRpcResponse }
  | {
      readonly kind: 'request';
      readonly request: ServerRequest;
      /** It may be of another call than the one that gets it. */
      readonly isGuess?: true;
    }
  | { readonly kind: 'notification'; readonly notification: ServerNotification };

/** Tells what a parsed JSON value is in JSON-RPC 2.0, or undefined when it is no message. */
export function readServerMessage(value: unknown): ServerMessage | undefined {
  if (!isJsonObject(value)) return undefined;
  if (isAbsent(value['method'])) {
    const { jsonrpc, id, result } = value;
    // Nearly all are of this shape, and the schema takes long.
    if (jsonrpc === '2.0' && isPlainId(id) && isJsonObject(result)) {
      return { kind: 'response', response: { jsonrpc, id, result } };
    }
    const { data } = responseSchema.safeParse(value);
    return data && { kind: 'response', response: data };
  }
  if (!isAbsent(value['id'])) {
    const { data } = requestSchema.safeParse(value);
    return data && { kind: 'request', request: data };
  }
  const { data } = notificationSchema.safeParse(value);
  return data && { kind: 'notification', notification: data };
}

/** Says which member makes a value no message, and nothing of what its members hold. */
export function faultOfMessage(value: unknown): string {
  if (!isJsonObject(value)) return 'it is not an object';
  const { method, id, result, error } = value;
  if (value['jsonrpc'] !== '2.0') return 'jsonrpc is not "2.0"';
  if (!isAbsent(method)) {
    if (typeof method !== 'string') return 'method is not a text';
    if (!isAbsent(id) && !requestId.safeParse(id).success)
      return `id is neither a text of at most ${MAX_REQUEST_ID} characters nor a number`;
    return 'params is not an object';
  }
  if (isAbsent(result) && isAbsent(error)) return 'method, result and error are missing';
  if (!isAbsent(result)) {
    if (!isJsonObject(result)) return 'result is not an object';
    return isAbsent(id) ? 'id is missing' : 'id is neither a text nor a number';
  }
  if (!isJsonObject(error)) return 'error is not an object';
  if (!Number.isInteger(plainNumber(error['code']))) return 'error.code is not an integer';
  return typeof error['message'] === 'string' ? 'id is neither a text nor a number' : 'error.message is not a text';
}

function isPlainId(id: unknown): id is string | number {
  return typeof id === 'string' || Number.isFinite(id);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
