import { startTestGateway } from '../support/testGateway.ts';
import type { Route } from './matrix.ts';

/** The ways of showing who calls. */
export const CREDENTIALS = ['with a token', 'with a key'];

/** Starts a gateway that clients reach servers by. @param keyForEach each client has a key of its own */
export async function startGatewayRoute(keyForEach = false): Promise<Route> {
  const gateway = await startTestGateway();
  return {
    async open(name, serverUrl) {
      await gateway.addServer(name, serverUrl);
      const url = `${gateway.url}/mcp/${name}`;
      const secretOf = async (credential: string): Promise<string> => {
        const { apiKey } = await gateway.createKey();
        return credential === 'with a key' ? apiKey : await gateway.token(apiKey);
      };
      const shared = new Map((keyForEach ? [] : CREDENTIALS).map((each) => [each, secretOf(each)]));
      return async (credential) => {
        const secret = await (shared.get(credential) ?? secretOf(credential));
        return { url, headers: { authorization: `Bearer ${secret}` } };
      };
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}
