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
      const secrets = async (): Promise<Record<string, string>> => {
        const { apiKey } = await gateway.createKey();
        return { 'with a token': await gateway.token(apiKey), 'with a key': apiKey };
      };
      const first = await secrets();
      return async (credential) => {
        const secret = (keyForEach ? await secrets() : first)[credential];
        if (secret === undefined) throw new Error(`no credential ${credential}`);
        return { url, headers: { authorization: `Bearer ${secret}` } };
      };
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}
