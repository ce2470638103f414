import type { Principal } from '../auth/principal.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import type { ClientFacts, Upstream } from '../upstream/upstream.ts';

/** What a server is told of the client; in the modern era each request names it. */
export type ClientOfServer = Pick<ClientFacts, 'capabilities'> & Partial<ClientFacts>;

/** Opens an Upstream to a server for a client. @throws AppError */
export type OpenUpstream = (request: {
  readonly server: LiveServer;
  readonly client: ClientOfServer;
  /** Who it is for: a session, or a key that opens servers without one. */
  readonly user: { readonly principal: Principal; readonly inSession: boolean };
  /** The client's: a server of both is spoken with in this one. */
  readonly era: Era;
  /** The path of the request for which it is opened (RFC 9110, 7.6.3). */
  readonly via: string;
  /** Aborting it ends the attempt, and later what is under way. */
  readonly signal: AbortSignal;
}) => Promise<Upstream>;
