import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { openGateway } from '../proxy/gateway.ts';
import { attempt, callsOf } from '../support/conformanceCalls.ts';
import { startOneEraFront } from './oneEraFront.ts';

/**
 * The client under test as the conformance suite wants it: a program whose last argument is the URL of the suite's server. Here it is
 * the official client, and it reaches the server through a gateway. The arguments before name the era of the client and of the server.
 */
const [era, serverEra, url = ''] = process.argv.slice(2);

await using front = await startOneEraFront(url, serverEra === 'legacy' ? 'legacy' : 'modern');
await using gateway = await openGateway({ limits: { drainMs: 0 } });
gateway.servers.set('suite', front.url);
const client = new Client(
  { name: 'metamcp-conformance', version: '1.0.0' },
  {
    capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
    versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
  },
);
client.setRequestHandler('elicitation/create', () => ({ action: 'accept' as const, content: { confirmed: true } }));
const headers = { authorization: 'Bearer good' };
await client.connect(
  new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp/suite`), { requestInit: { headers } }),
);
try {
  const { tools = [] } = (await attempt(() => client.listTools())) ?? {};
  // At once, since the suite wants some to come between the rounds of others.
  await Promise.all(callsOf(tools).map((call) => attempt(() => client.callTool(call))));
  const { resources = [] } = (await attempt(() => client.listResources())) ?? {};
  for (const { uri } of resources) await attempt(() => client.readResource({ uri }));
  const { prompts = [] } = (await attempt(() => client.listPrompts())) ?? {};
  for (const { name } of prompts) await attempt(() => client.getPrompt({ name }));
} finally {
  await client.close();
}
