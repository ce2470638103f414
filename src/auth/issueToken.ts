import type { ProveKey } from './keyProof.ts';
import type { IssuedToken, Tokens } from './tokens.ts';

/**
 * Exchanges an API key for a token with all of the key's scopes.
 * @throws what ProveKey throws
 */
export type IssueToken = (apiKey: string) => Promise<IssuedToken>;

/** Makes what the token endpoint does. DESIGN 6, tokens. */
export function createIssueToken({ proveKey, tokens }: { proveKey: ProveKey; tokens: Tokens }): IssueToken {
  return async (apiKey) => {
    const { id, scopes } = await proveKey(apiKey);
    return tokens.issue({ keyId: id, scopes });
  };
}
