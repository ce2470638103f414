import type { ReadListener } from './liveKeys.ts';
import type { Limits, Timeouts, Transport } from '../events/mcpServer.ts';

/** A configured server as this process holds it in memory: secrets opened, frozen, replaced whole when it changes. */
export interface LiveServer {
  readonly name: string;
  readonly id: string;
  readonly enabled: boolean;
  readonly transport: Transport;
  /** Absent for stdio. */
  readonly url: URL | undefined;
  /** The headers configured for this server, the only ones of ours that it gets. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: Timeouts;
  readonly limits: Limits;
  readonly revision: number;
}

/** The servers of this process's memory. */
export interface LiveServers {
  /** Answers synchronously when memory knows it. @throws Unavailable */
  find(name: string): LiveServer | undefined | Promise<LiveServer | undefined>;
  /** Has a server read again at every change, even when its value had to give way; returns what ends that. */
  hold(name: string): () => void;
  /** Returns what ends it. The change feed confirms a change only after its listeners have returned. */
  onRead(listener: ReadListener<LiveServer>): () => void;
  /** Calls back after a server changed or went away (then undefined). Returns the function that stops it. */
  onChange(listener: (name: string, server: LiveServer | undefined) => void): () => void;
}
