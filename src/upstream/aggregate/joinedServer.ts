import type { JoinedSession } from '../upstream.ts';

/** A server whose conversation with the client is joined by a call. */
export interface JoinedServer {
  readonly server: string;
  /** See Member. */
  readonly place: string;
  /** The server's own name of the tool that is called. */
  readonly own: string | undefined;
  /** Of a legacy server. */
  readonly session: JoinedSession | undefined;
  /** Everything passes as it is. */
  readonly isSole: boolean;
  /** The call is over. */
  leave(): void;
}
