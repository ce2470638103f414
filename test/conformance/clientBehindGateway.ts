import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { openGateway } from '../proxy/gateway.ts';
import { startOneEraFront } from './oneEraFront.ts';

/**
 * The client under test as the conformance suite wants it: a program whose last argument is the URL of the suite's server. Here it is
 * the official client, and it reaches the server through a gateway. The arguments before name the era of the client and of the server.
 */
const contextSchema = z.looseObject({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
});
const propertiesSchema = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ type: z.string().optional() })).optional(),
});

const [era, serverEra, url = ''] = process.argv.slice(2);
const context = contextSchema.parse(JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}'));

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
  const calls =
    context.toolCalls ?? tools.map(({ name, inputSchema }) => ({ name, arguments: argumentsFor(inputSchema) }));
  // At once, since the suite wants some to come between the rounds of others.
  await Promise.all(calls.map((call) => attempt(() => client.callTool(call))));
  const { resources = [] } = (await attempt(() => client.listResources())) ?? {};
  for (const { uri } of resources) await attempt(() => client.readResource({ uri }));
  const { prompts = [] } = (await attempt(() => client.listPrompts())) ?? {};
  for (const { name } of prompts) await attempt(() => client.getPrompt({ name }));

  /** One scenario has its echo tool called with the first tool's schema, to see what of it has come through. */
  function argumentsFor(schema: object): Record<string, unknown> {
    const values: Record<string, unknown> = {
      string: 'x',
      integer: 1,
      number: 1,
      boolean: true,
      array: [],
      object: tools[0]?.inputSchema,
    };
    const { properties = {} } = propertiesSchema.parse(schema);
    return Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, values[type ?? ''] ?? null]));
  }
} finally {
  await client.close();
}

/** The suite judges what it saw; a refused call does not keep the others from being made. */
async function attempt<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    console.error(error);
    return undefined;
  }
}
