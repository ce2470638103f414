import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';

/** What carries the messages of one client. */
export interface Wire extends AsyncDisposable {
  /** Sends a message. Resolves when what belongs to it alone has been received. */
  send(message: JsonObject, signal?: AbortSignal): Promise<void>;
  /** Opens the stream for what the server sends by itself, where that is one of its own. */
  openStream(): Promise<void>;
  /** How a client cancels a modern request on this wire. */
  readonly cancelsBy: 'closing' | 'notification';
}

export interface WireOptions {
  readonly url: string;
  readonly authorization: string;
  readonly onMessage: (message: JsonObject) => void;
  /** Called with the id of each event. */
  readonly onEventId?: (id: string) => void;
}
