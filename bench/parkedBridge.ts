import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../src/events/mcpServer.ts';
import { asModern } from '../src/upstream/bridge/asModern.ts';
import { ParkedBudget } from '../src/upstream/bridge/parkedBudget.ts';
import { createUpstreamAgents } from '../src/upstream/http/agents.ts';
import { openUpstream } from '../src/upstream/open.ts';
import type { JsonObject } from '../src/mcp/jsonRpc.ts';
import type { Upstream } from '../src/upstream/upstream.ts';
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
/** Calls that come and go before: what V8 compiles on their way is there for all. */
const WARM_UP = 400;

/** Parks calls. @returns the bridge that holds them */
async function park(calls: number): Promise<Upstream> {
  const upstream = asModern({
    label: { server: 'asking', secrets: [] },
    first: await open({}),
    open,
    // What is sealed goes to the client, and stays with none.
    states: { seal: (parkedId) => parkedId, open: () => undefined },
    clock: () => performance.now(),
    shared: new ParkedBudget({ perKey: calls, total: calls }),
    key: 'bench',
  });
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun++ < calls) {
      const params = { name: 'ask', arguments: { text: `call ${begun}` } };
      const asked = upstream.ask({ method: 'tools/call', params }, { capabilities: { elicitation: { form: {} } } });
      for await (const message of asked) if (message.kind === 'response') break;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return upstream;
}

await (await park(WARM_UP))[Symbol.asyncDispose]();
const upstream = await park(Number(process.env['CALLS']));
if (process.env['ENDED'] !== undefined) {
  await upstream[Symbol.asyncDispose]();
  // The connections by which they were cancelled are kept for a while.
  await delay(8_000);
}
answerUsage({ parked: upstream.waiting }, async () => {
  await upstream[Symbol.asyncDispose]();
  await agents[Symbol.asyncDispose]();
});
