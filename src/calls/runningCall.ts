import type { LiveServer } from '../live/liveServer.ts';
import type { Principal } from '../auth/principal.ts';
import type { AppError } from '../errors/appError.ts';

/** A call or an open stream, whatever carries it (MCP, REST, a live feed), as the register sees it. */
export interface RunningCall {
  readonly principal: Principal;
  /** As it was looked up for the call; undefined: it uses none. */
  readonly server: LiveServer | undefined;
  /** How many requests of a client's own it carries. Undefined: it is the gateway's own, or a part of another call. */
  readonly requests?: number | undefined;
  /** The token of the client's session that it belongs to. (Default: none that ends by itself) */
  readonly sessionToken?: string | undefined;
  /** The tools that it calls. */
  readonly tools: readonly string[];
  /** It asks for nothing but these tools; else it passes on more of the server, such as its lists. */
  readonly onlyTools: boolean;
  /** It is a stream that stays open for events, and not the answer to a call. */
  readonly standing: boolean;
  /**
   * What it is where it is no exchange with a client, but outlives those: a conversation with a server, an aggregate, a program that
   * several use. (Default: it is one)
   */
  readonly holds?: 'conversation' | 'aggregate' | 'program' | undefined;
  /** Where a standing stream that uses no server counts against its key's share. (Default: nowhere) */
  readonly countsAt?: '/mcp' | undefined;
  /** Tells whether a key that has been changed may go on with it, beside what holds for every call. (Default: it may) */
  allows?(key: Pick<Principal, 'scopes' | 'grants'>): boolean;
  /** Ends it at once, both ways; called at most once. */
  cut(reason: AppError): void;
  /** Looks after time-outs, silence and slow clients. Now in milliseconds of the register's clock. */
  tick?(now: number): void;
  /** Ends a standing stream as the server itself would. Returns false for a call, which goes on. */
  endStanding?(): boolean;
}
