import type { Era } from '../mcp/eras.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';
import type { Place } from './jsonPlaces.ts';

/** The member of a modern request's `_meta` that holds the client's capabilities (MCP 2026-07-28, basic). */
export const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';

/** The member that names the revision of a modern message. */
export const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** What the proxy has to know of a POST body; the body itself is passed on as it came. */
export interface Message {
  readonly era: Era;
  readonly kind: 'request' | 'notification' | 'response' | 'batch';
  readonly id: JsonRpcId;
  /** The ids of its requests: of a batch, those of all its messages. Each waits for one answer. */
  readonly awaited: readonly JsonRpcId[];
  readonly method: string | undefined;
  /** The tools that it calls: of a batch, those of all its messages. */
  readonly tools: readonly string[];
  /** It asks for nothing but these tools. */
  readonly onlyTools: boolean;
  /** By which a modern client goes on with a request that needs its input (MCP 2026-07-28, basic/patterns/mrtr). */
  readonly requestState?: string | undefined;
  /** Of its `_meta`, unread: it may be anything. */
  readonly traceparent?: unknown;
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
  /** Subject: it is about this task. Related: it only belongs to this task. Watched: a list of tasks to watch. */
  readonly as: 'subject' | 'related' | 'watched';
}
