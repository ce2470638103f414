import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAggregate } from './aggregate.ts';
import { measureAggregateSessions } from './aggregateSessions.ts';
import { measureBridged } from './bridged.ts';
import { measureCliStart } from './cliStart.ts';
import { measureClosings } from './closings.ts';
import { measureCommands } from './commands.ts';
import { measureFeed } from './feed.ts';
import { measureEndurance } from './endurance.ts';
import type { GatewayReady } from './gateway.ts';
import { startMeasured } from './measuredProcess.ts';
import { measureHistory } from './history.ts';
import { measureLeaks } from './leaks.ts';
import { measureLimits } from './limits.ts';
import { measureLists } from './lists.ts';
import { measureObservability } from './observability.ts';
import { measureOdd } from './odd.ts';
import { measureParked } from './parked.ts';
import { measureProjections } from './projections.ts';
import { measureProtocols } from './protocols.ts';
import { measureStrangers } from './strangers.ts';
import { measureRevocation } from './revocation.ts';
import { measureSoak } from './soak.ts';
import { measureStdio } from './stdio.ts';
import { measureMemory } from './streams.ts';
import { measureThroughput, type Kind } from './throughput.ts';
import { measureTokenCheck } from './tokenCheck.ts';
import { measureTokens } from './tokens.ts';
import { measureUsage } from './usage.ts';
import { measureTui } from './tui.ts';
import { measureWorkers } from './workers.ts';

// npm run bench                    everything
// npm run bench -- --quick         short runs, to see that it works
// npm run bench -- --only memory   one part: throughput, aggregate, bridged, stdio, odd, lists, endurance, closings, tokens, revocation, leaks, memory, sessions, parked, projections, commands, cli, history, workers …
// npm run bench -- --only soak    mixed load for ten minutes (--seconds N): ends with 1 when something leaks or is not counted
// npm run bench -- --event-store URL   commands, history and strangers on that EventStoreDB; else on the one that
//                                      TEST_EVENT_STORE_SERVER starts, else on the wire server of the tests

const {
  quick,
  only,
  'event-store': eventStoreUrl,
  events,
  seconds,
} = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'event-store': { type: 'string' },
    events: { type: 'string' },
    seconds: { type: 'string' },
  },
}).values;
const wants = (part: string) => only === undefined || only === part;

await using closing = new AsyncDisposableStack();
const home = await makeHome('gateway');

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
console.log('Every server and floor is a process of its own; the load comes from this one.');

if (wants('projections')) await measureProjections(home);
if (wants('commands')) {
  const homes = await Promise.all(['commands', 'commands-eventstoredb'].map((name) => makeHome(name)));
  await measureCommands(homes, eventStoreUrl);
}
if (wants('cli')) await measureCliStart(await makeHome('cli'), quick ? 3 : 20);
if (wants('lists')) await measureLists(home);
if (wants('tui')) await measureTui(home);
if (wants('parked')) await measureParked(quick ? 200 : 950);
if (wants('history')) {
  const homes = await Promise.all(['postgres', 'eventstoredb'].map((name) => makeHome(name)));
  await measureHistory(homes, Number(events ?? (quick ? 10_000 : 100_000)), eventStoreUrl);
}
if (wants('strangers') && (eventStoreUrl ?? process.env['TEST_EVENT_STORE_SERVER']) !== undefined) {
  await measureStrangers(await makeHome('strangers'), Number(events ?? (quick ? 100_000 : 2_000_000)), eventStoreUrl);
}

const upstream = closing.use(await startMeasured<{ url: string }>('./referenceServer.ts'));
const env = { UPSTREAM: upstream.ready.url, TOKEN: 'bench' };
const gateway = closing.use(await startMeasured<GatewayReady>('./gateway.ts', { ...env, METAMCP_HOME: home }));

if (wants('throughput')) {
  const bare = closing.use(await startMeasured<{ url: string }>('./floorBare.ts', env));
  const koa = closing.use(await startMeasured<{ url: string }>('./floorKoa.ts', env));
  const idiomatic = closing.use(await startMeasured<{ url: string }>('./koaIdiomatic.ts', env));
  const { url, token, apiKey } = gateway.ready;
  const viaGateway = (kind: Kind) => `${url}/mcp/${kind}`;
  await measureThroughput({
    rounds: quick ? 1 : 5,
    durationMs: quick ? 500 : 2_000,
    targets: [
      { name: 'bare floor', process: bare, url: (kind) => `${bare.ready.url}/${kind}`, headers: {} },
      {
        name: 'koa floor',
        process: koa,
        url: (kind) => `${koa.ready.url}/${kind}`,
        headers: { authorization: 'Bearer bench' },
      },
      {
        name: 'koa as one writes it',
        process: idiomatic,
        url: (kind) => `${idiomatic.ready.url}/${kind}`,
        headers: { authorization: 'Bearer bench' },
      },
      { name: 'gateway, token', process: gateway, url: viaGateway, headers: { authorization: `Bearer ${token}` } },
      { name: 'gateway, key', process: gateway, url: viaGateway, headers: { authorization: `Bearer ${apiKey}` } },
    ],
  });
}
if (wants('protocols')) await measureProtocols({ env, home: await makeHome('protocols'), quick });
if (wants('observability')) {
  const homes = await Promise.all(['plain', 'some-traces', 'traces'].map((name) => makeHome(name)));
  await measureObservability({ env, homes, quick });
}
if (wants('aggregate'))
  await measureAggregate({
    gateway,
    upstream: upstream.ready.url,
    env: { ...env, METAMCP_HOME: await makeHome('aggregate') },
    quick,
  });
if (wants('bridged')) {
  const bridged = { ...env, METAMCP_HOME: await makeHome('bridged') };
  await measureBridged({ upstream: upstream.ready.url, env: bridged, quick });
}
if (wants('stdio')) await measureStdio({ env: { ...env, METAMCP_HOME: await makeHome('stdio') }, quick });
if (wants('odd')) await measureOdd({ env, makeHome, quick });
if (wants('endurance')) await measureEndurance({ env: { ...env, METAMCP_HOME: home }, quick });
if (wants('closings')) await measureClosings({ env: { ...env, METAMCP_HOME: home }, quick });
if (wants('revocation')) await measureRevocation(gateway.ready.url, home, quick ? 3 : 50);
if (wants('workers')) await measureWorkers({ gateway, home, quick });
if (wants('leaks')) await measureLeaks({ ...env, METAMCP_HOME: await makeHome('leaks') }, quick);
if (wants('tokens')) {
  await measureTokens(gateway, quick ? 500 : 5_000);
  await measureTokenCheck(home, gateway.ready);
}
if (wants('limits')) await measureLimits({ env: { ...env, METAMCP_HOME: await makeHome('limits') }, quick });
if (wants('usage')) await measureUsage({ env: { ...env, METAMCP_HOME: home }, quick });
if (wants('feed')) await measureFeed({ gateway, home, quick });
if (wants('memory')) {
  // A process of its own, which nothing has used before. It may hold 20,000 descriptors, and a proxied stream takes two.
  await using fresh = await startMeasured<GatewayReady>('./gateway.ts', { ...env, METAMCP_HOME: home });
  await measureMemory(fresh, quick ? [200] : [1_000, 9_900]);
}
// Ten minutes: only where it is asked for.
if (only === 'soak') {
  const { leaks, miscounts } = await measureSoak({
    env,
    home: await makeHome('soak'),
    seconds: Number(seconds ?? (quick ? 60 : 600)),
  });
  if (leaks.length + miscounts.length > 0) process.exitCode = 1;
}
if (wants('sessions')) {
  const own = { ...env, METAMCP_HOME: await makeHome('sessions') };
  await using fresh = await startMeasured<GatewayReady>('./gateway.ts', own);
  await measureAggregateSessions(fresh, quick ? 500 : 5_000);
}

/** A state folder that PostgreSQL, which runs as another user when we are root, can enter. */
async function makeHome(name: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `metamcp-bench-${name}-`));
  closing.defer(() => rm(path, { recursive: true, force: true }));
  await chmod(path, 0o755);
  return path;
}
