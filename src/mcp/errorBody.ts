import { beginsAsJson } from './unreadableJson.ts';
import { isJsonObject } from './jsonRpc.ts';
import { meansLostSession } from './lostSession.ts';

/** What the body of an HTTP error tells. */
export type ErrorBody =
  | { readonly is: 'lost-session' }
  /** A JSON-RPC error, or a batch that begins with one. */
  | { readonly is: 'json-rpc'; readonly value: unknown }
  /** Nothing that a client understands, such as the page of a web framework; `text` is what may be shown of it. */
  | { readonly is: 'other'; readonly text: string };

/**
 * Reads the body of an HTTP error.
 * @param text of a length and a depth that have been checked
 * @param mayMeanLostSession the verdict on its head
 */
export function readErrorBody(status: number, text: string, mayMeanLostSession: boolean): ErrorBody {
  const value = parse(text);
  if (mayMeanLostSession && meansLostSession(status, value ?? text)) return { is: 'lost-session' };
  const message: unknown = Array.isArray(value) ? value[0] : value;
  if (isJsonObject(message) && message['jsonrpc'] === '2.0' && isJsonObject(message['error'])) {
    return { is: 'json-rpc', value };
  }
  // A result, or what may be a part of one, is for the caller only.
  const isOfResult = value === undefined ? beginsAsJson(text) : isJsonObject(message) && 'result' in message;
  return { is: 'other', text: isOfResult ? '' : text };
}

/** JSON has no undefined: it stands for what can't be parsed. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
