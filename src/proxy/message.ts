import type { Place } from './jsonPlaces.ts';

/** A JSON-RPC request id; null where there is none, or none is known. */
export type JsonRpcId = string | number | null;

/** The member of a modern request's `_meta` that says what the client can do (MCP 2026-07-28, basic). */
export const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';

/** Modern: MCP 2026-07-28 and later, stateless. Legacy: 2024-11-05 to 2025-11-25, `initialize` and session. */
export type Era = 'modern' | 'legacy';

/** What the proxy has to know of a POST body; the body itself is passed on as it came. */
export interface Message {
  readonly era: Era;
  readonly kind: 'request' | 'notification' | 'response' | 'batch';
  readonly id: JsonRpcId;
  readonly method: string | undefined;
  /** The tools that it calls: of a batch, those of all its messages. */
  readonly tools: readonly string[];
  /** It asks for nothing but these tools. */
  readonly onlyTools: boolean;
  /** What it has to do with tasks of the server; undefined: nothing. */
  readonly tasks?: TaskMessage | undefined;
}

/** What a client's message has to do with tasks of the server. */
export interface TaskMessage {
  readonly text: string;
  /** It may be answered with a new task. */
  readonly mayMake: boolean;
  /** Where it names tasks, in the order of the text. */
  readonly named: readonly NamedTask[];
}

export interface NamedTask {
  readonly place: Place;
  /** Subject: it is about this task. Related: it only says which task it belongs to. Watched: a list of tasks to be told of. */
  readonly as: 'subject' | 'related' | 'watched';
}

/** Tells a JSON object from everything else that JSON can be. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
