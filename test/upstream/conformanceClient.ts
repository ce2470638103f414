import { listPrompts, listResources, listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { request } from '../../src/upstream/request.ts';
import { createUpstreamAgents } from '../../src/upstream/http/agents.ts';
import { openUpstream } from '../../src/upstream/open.ts';
import { attempt, callsOf } from '../support/conformanceCalls.ts';
import { serverAt } from './support/connect.ts';

/**
 * The client under test as the conformance suite wants it: a program that gets the server's URL as its last argument,
 * and sometimes the calls to make in MCP_CONFORMANCE_CONTEXT. Otherwise it uses whatever the server offers.
 */
await using agents = createUpstreamAgents();
const server = serverAt(process.argv.at(-1) ?? '');
const facts = { clientInfo: { name: 'metamcp', version: '1.0.0' }, capabilities: {} };
await using client = await openUpstream(server, { agents, client: facts });
const { items: tools } = await listTools(client);
for (const call of callsOf(tools)) await attempt(() => callTool(client, { name: call.name, args: call.arguments }));
for (const { uri } of (await listResources(client)).items)
  await attempt(() => request(client, { method: 'resources/read', params: { uri } }));
for (const { name } of (await listPrompts(client)).items)
  await attempt(() => request(client, { method: 'prompts/get', params: { name } }));
