import { randomUUID } from 'node:crypto';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../src/events/mcpServer.ts';
import { asModern } from '../src/upstream/bridge/asModern.ts';
import { ParkedBudget } from '../src/upstream/bridge/parkedBudget.ts';
import { createUpstreamAgents } from '../src/upstream/http/agents.ts';
import { openUpstream } from '../src/upstream/open.ts';
import type { JsonObject } from '../src/mcp/jsonRpc.ts';
import { answerUsage } from './measuredProcess.ts';

/** Calls that are made at once. */
const AT_ONCE = 20;

// Parks as many calls of modern clients at a legacy server as CALLS says, and then does nothing.

const agents = createUpstreamAgents();
const server = {
  name: 'asking',
  id: 'asking',
  enabled: true,
  transport: process.env['TRANSPORT'] === 'sse' ? ('sse' as const) : ('http' as const),
  url: new URL(process.env['UPSTREAM'] ?? ''),
  headers: {},
  timeouts: DEFAULT_TIMEOUTS,
  limits: DEFAULT_LIMITS,
  revision: 0,
};
const open = (capabilities: JsonObject) =>
  openUpstream(server, {
    agents,
    client: { clientInfo: { name: 'metamcp', version: '1' }, capabilities },
    era: 'legacy',
  });
const all = Number(process.env['CALLS']);
const states = new Map<string, string>();
const upstream = asModern({
  label: { server: 'asking', secrets: [] },
  first: await open({}),
  open,
  states: {
    seal(parkedId) {
      const state = randomUUID();
      states.set(state, parkedId);
      return state;
    },
    open: () => undefined,
  },
  clock: () => performance.now(),
  shared: new ParkedBudget({ perKey: all, total: all }),
  key: 'bench',
});

let begun = 0;
const work = async (): Promise<void> => {
  while (begun++ < all) {
    const params = { name: 'ask', arguments: { text: `call ${begun}` } };
    const asked = upstream.ask({ method: 'tools/call', params }, { capabilities: { elicitation: { form: {} } } });
    for await (const message of asked) if (message.kind === 'response') break;
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, work));
answerUsage({ parked: upstream.waiting }, async () => {
  await upstream[Symbol.asyncDispose]();
  await agents[Symbol.asyncDispose]();
});
