import type { Scope } from '../events/apiKey.ts';
import type { Grants } from '../access/grants.ts';
import type { LiveKey } from '../live/liveKey.ts';

/** A key that has been authenticated, as the proxy and the API see it. The same object serves every request of a credential. */
export interface Principal {
  readonly keyId: string;
  readonly keyName: string;
  /** What this credential may do: the key's scopes, for a token narrowed to the token's. */
  readonly scopes: ReadonlySet<Scope>;
  readonly grants: Grants;
  /** As it was when the credential proved itself; undefined for our own programs, behind whom no key stands. */
  readonly key: LiveKey | undefined;
}

/** The headers that a request may have a credential in. */
export interface CredentialHeaders {
  readonly authorization?: string | undefined;
  readonly 'x-api-key'?: string | string[] | undefined;
}

/**
 * Authenticates the credential of a request (`Authorization: Bearer <token or key>`, or `X-API-Key`).
 * Answers synchronously when memory knows it, so that the hot path neither waits nor runs SQL.
 * @param connection that the request came on: the same credential costs less there than anywhere else
 * @throws Unauthorized; Unavailable when it needs a table that can't be reached
 */
export type Authenticate = (headers: CredentialHeaders, connection?: object) => Principal | Promise<Principal>;
