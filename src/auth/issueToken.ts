import { checkSource } from './checkSource.ts';
import type { ProveKey } from './keyProof.ts';
import type { IssuedToken, Tokens } from './tokens.ts';

/**
 * Issues a token with all of an API key's scopes.
 * @param address that asks for it. (Default: an unknown one)
 * @throws what ProveKey and checkSource throw
 */
export type IssueToken = (apiKey: string, address?: string) => Promise<IssuedToken>;

/** Makes the function behind the token endpoint. docs/architecture.md, Who may come in. */
export function createIssueToken({ proveKey, tokens }: { proveKey: ProveKey; tokens: Tokens }): IssueToken {
  return async (apiKey, address) => {
    const key = await proveKey(apiKey);
    checkSource(key, address);
    const { id, scopes } = key;
    return tokens.issue({ keyId: id, scopes });
  };
}
