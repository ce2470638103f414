import { startTestGateway } from '../support/testGateway.ts';
import { describeClients } from './matrix.ts';

describeClients(['with a token', 'with a key'], async () => {
  const gateway = await startTestGateway();
  return {
    async open(name, serverUrl) {
      await gateway.addServer(name, serverUrl);
      const { apiKey } = await gateway.createKey();
      const url = `${gateway.url}/mcp/${name}`;
      const token = await gateway.token(apiKey);
      return [
        { credential: 'with a token', url, headers: { authorization: `Bearer ${token}` } },
        { credential: 'with a key', url, headers: { authorization: `Bearer ${apiKey}` } },
      ];
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
});
