import { Agent } from 'undici';
import { z } from 'zod';
import { DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { connectUpstream } from '../../src/upstream/client.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';

/**
 * The client under test as the conformance suite wants it: a program that gets the server's URL as its last argument,
 * and sometimes the calls to make in MCP_CONFORMANCE_CONTEXT. Otherwise it uses whatever the server offers.
 */
const contextSchema = z.looseObject({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
});

const propertiesSchema = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ type: z.string().optional() })).optional(),
});

const context = contextSchema.parse(JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}'));
await using disposal = new AsyncDisposableStack();
const dispatcher = disposal.adopt(new Agent(), (agent) => agent.destroy());
const server = { name: 'suite', url: new URL(process.argv.at(-1) ?? ''), headers: {}, timeouts: DEFAULT_TIMEOUTS };
const clientInfo = { name: 'metamcp', version: '1.0.0' };
await using client = await connectUpstream({ server, dispatcher, clientInfo });
const { items: tools } = await client.listTools();
const calls =
  context.toolCalls ?? tools.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool.inputSchema) }));
for (const call of calls) await attempt(() => client.callTool(call.name, call.arguments));
for (const { uri } of (await client.listResources()).items)
  await attempt(() => client.request('resources/read', { uri }));
for (const { name } of (await client.listPrompts()).items) await attempt(() => client.request('prompts/get', { name }));

/** The suite judges what it saw; a refused call does not keep the others from being made. */
async function attempt(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    console.error(error);
  }
}

/** One scenario has its echo tool called with the first tool's schema, to see what of it has come through. */
function argumentsFor(schema: JsonObject): JsonObject {
  const values: JsonObject = {
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
