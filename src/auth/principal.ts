import type { Scope } from '../events/apiKey.ts';
import type { AppError } from '../errors.ts';
import type { Grants } from './grants.ts';

/** One call or open stream that a key is using; cut when the key stops being good for it. */
export interface Exchange {
  /** The server's name; undefined when it uses none, and `allows` is what judges. */
  readonly server: string | undefined;
  /** The tool called, when it is a tool call. */
  readonly tool: string | undefined;
  /** Tells whether a key that has been changed may go on with an exchange that has no server. (Default: it may) */
  readonly allows?: ((key: Pick<Principal, 'scopes' | 'grants'>) => boolean) | undefined;
  /** Ends it at once, both ways; called at most once. */
  cut(reason: AppError): void;
}

/** A key that has been authenticated, as the proxy and the API see it. The same object serves every request of a credential. */
export interface Principal {
  readonly keyId: string;
  readonly keyName: string;
  /** What this credential may do: the key's scopes, for a token narrowed to the token's. */
  readonly scopes: ReadonlySet<Scope>;
  readonly grants: Grants;
  /** Registers an exchange, to be cut on revocation. @throws Unauthorized when the key has been revoked meanwhile */
  attach(exchange: Exchange): void;
  detach(exchange: Exchange): void;
}

/**
 * Authenticates the credential of a request (`Authorization: Bearer <token or key>`, or `X-API-Key`).
 * Answers synchronously when memory knows it, so that the hot path neither waits nor runs SQL.
 * @throws Unauthorized; Unavailable when it needs a table that can't be reached
 */
export type Authenticate = (headers: {
  readonly authorization?: string | undefined;
  readonly 'x-api-key'?: string | string[] | undefined;
}) => Principal | Promise<Principal>;
