import type { ProveKey } from './keyProof.ts';
import type { IssuedToken, Tokens } from './tokens.ts';

/**
 * Issues a token with all of an API key's scopes.
 * @throws what ProveKey throws
 */
export type IssueToken = (apiKey: string) => Promise<IssuedToken>;

/** Makes the function behind the token endpoint. docs/architecture.md, Who may come in. */
export function createIssueToken({ proveKey, tokens }: { proveKey: ProveKey; tokens: Tokens }): IssueToken {
  return async (apiKey) => {
    const { id, scopes } = await proveKey(apiKey);
    return tokens.issue({ keyId: id, scopes });
  };
}
