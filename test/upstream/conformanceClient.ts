import { listPrompts, listResources, listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { request } from '../../src/upstream/request.ts';
import { z } from 'zod';
import { createUpstreamAgents } from '../../src/upstream/http/agents.ts';
import { openUpstream } from '../../src/upstream/open.ts';
import { serverAt } from './support/connect.ts';
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
await using agents = createUpstreamAgents();
const server = serverAt(process.argv.at(-1) ?? '');
const facts = { clientInfo: { name: 'metamcp', version: '1.0.0' }, capabilities: {} };
await using client = await openUpstream(server, { agents, client: facts });
const { items: tools } = await listTools(client);
const calls =
  context.toolCalls ?? tools.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool.inputSchema) }));
for (const call of calls) await attempt(() => callTool(client, { name: call.name, args: call.arguments }));
for (const { uri } of (await listResources(client)).items)
  await attempt(() => request(client, { method: 'resources/read', params: { uri } }));
for (const { name } of (await listPrompts(client)).items)
  await attempt(() => request(client, { method: 'prompts/get', params: { name } }));

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
