import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bodyLines, hintLine, noticeLine, statusLine, tabLine } from '../../cli/tui/frame/frameLines.ts';
import { createTuiPaint, plain } from '../../cli/tui/frame/text/style.ts';
import { createLoop } from '../../cli/tui/loop/loop.ts';
import { createPerform } from '../../cli/tui/loop/perform.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openStores } from '../../src/stores/stores.ts';
import { createCounters } from '../../src/usage/counters.ts';
import { addUsage } from '../../src/usage/keyUsage.ts';
import { listKeys } from '../../src/projections/tables/keyLists.ts';
import { openTestCluster, TEMPLATE } from '../support/testCluster.ts';
import { call } from '../usage/calls.ts';
import { makeCompany } from './company.ts';
import { startState } from './stateWorld.ts';
import { ELSEWHERE } from './tuiWorld.ts';
import { screenSvg } from './screenSvg.ts';

const OUT = '/tmp/look';
await mkdir(OUT, { recursive: true });
await using opened = new AsyncDisposableStack();
const home = await mkdtemp(join(tmpdir(), 'metamcp-look-'));
opened.defer(() => rm(home, { recursive: true, force: true }));
const cluster = opened.use(await openTestCluster());
const url = new URL(cluster.url);
url.pathname = `/${TEMPLATE}`;
const secret = () => randomBytes(32).toString('base64');
const env = { METAMCP_HOME: home, DATABASE_URL: url.href, JWT_SECRET: secret(), ENCRYPTION_KEY: secret() };
const settings = readSettings({ env, cwd: home });
const stores = opened.use(await openStores({ settings, logger: createLogger('silent'), applicationName: 'look' }));
await makeCompany(stores, { people: 8, servers: 12, keys: 44 });
await stores.servers.disable('server-03', 'costs too much', ELSEWHERE);
const rows = await listKeys(stores.db, { without: ['deleted'], limit: 100 });
await stores.keys.inactivate(rows[40]!.id, 'stolen on the train', ELSEWHERE);
await stores.keys.changeAccess(rows[39]!.id, (a) => ({ ...a, expiresAt: new Date(Date.now() + 5 * 86_400_000).toISOString() }), ELSEWHERE);
await stores.keys.create({ name: 'a key with a rather long name, as people write them when nobody tells them not to', description: 'nightly', owner: 'anna@example.org', tags: ['team=search'], scopes: ['mcp', 'servers:read', 'keys:read', 'usage:read'], grants: ['github:search_*', 'server-01', 'server-02:deploy'], expiresAt: undefined }, ELSEWHERE);
for (const back of [0, 3, 9, 26]) {
  const counters = createCounters({ clock: () => Date.now() - back * 3_600_000 });
  for (let at = 0; at < 40; at += 1) for (let n = 0; n <= at % 9; n += 1)
    counters.count(call({ keyId: rows[at]!.id, server: `server-0${at % 4}`, tool: ['deploy', 'search_everything', 'read'][at % 3]!, durationMs: 3 * at, bytesOut: 4000 * at, ...(at % 11 === 0 && { outcome: 'upstream-timeout' as const, status: 504 }) }));
  await addUsage(stores.db, { id: crypto.randomUUID(), increments: counters.take() });
}
await stores.projections.pump();

const SIZES = [{ columns: 80, rows: 24 }, { columns: 120, rows: 40 }, { columns: 200, rows: 60 }];
const WALKS: Record<string, string[][]> = {
  keys: [['1']], keyScreen: [['1'], ['j'], ['enter']], create: [['1'], ['c'], [...'ci'], ['tab', 'tab', 'tab', 'tab']], access: [['1'], ['e']], marked: [['1'], ['*'], [' ']], plan: [['1'], [' ', ' ', ' '], ['x'], ['ctrl-s']],
  picker: [['1'], ['c'], [...'ci'], ['tab', 'tab', 'tab', 'tab', 'tab', 'ctrl-g']],
  servers: [['2']], serverScreen: [['2'], ['enter']], addServer: [['2'], ['c']],
  activity: [['3']], audit: [['4']], timeline: [['4'], ['enter']],
  usage: [['5']], usageTool: [['5'], ['b'], ['b'], ['enter']],
  roles: [['6']], roleScreen: [['6'], ['enter']], roleForm: [['6'], ['+']], roleDelete: [['6'], ['d']], roleCreate: [['6'], ['c']],
  help: [['1'], ['?']], palette: [['1'], [':'], [...'key']], past: [['T']],
};
const LIGHT: Record<string, string> = { '#d8dee9': '#24292f', '#1e222a': '#ffffff', '#f07178': '#cd3131', '#a3d977': '#00a000', '#f2c66d': '#949800', '#7aa2f7': '#0451a5', '#c792ea': '#bc05bc', '#7fd5d5': '#0598bc' };
for (const size of SIZES) {
  for (const [name, walk] of Object.entries(WALKS)) {
    const perform = createPerform({ stores, settings, commandContext: () => ELSEWHERE, write: () => undefined, leave: () => undefined });
    const loop = createLoop({ ...startState(size), nowMs: Date.now() }, perform);
    loop.dispatch({ type: 'started' });
    loop.dispatch({ type: 'healthRead', health: { database: 'up', eventStore: 'up', gateway: 'up', gatewayUrl: 'http://localhost:12009', gatewayVersion: '1.0.0', lagMs: 0, stopped: undefined } });
    for (const keys of walk) {
      for (const keystroke of keys) loop.dispatch({ type: 'keystroke', keystroke });
      await delay(400);
    }
    await delay(600);
    for (const [theme, paint] of [['dark', createTuiPaint({ isTTY: true, hasColors: () => true, getColorDepth: () => 8 } as never, { TERM: 'xterm-256color' })], ['none', plain]] as const) {
      const { state } = loop;
      const body = [...bodyLines(state, paint)].slice(0, size.rows - 4);
      while (body.length < size.rows - 4) body.push('');
      const text = [tabLine(state, paint), ...body, noticeLine(state, paint), hintLine(state, paint), statusLine(state, paint)].join('\n');
      const svg = screenSvg(text, size.columns, name);
      await writeFile(join(OUT, `${name}-${size.columns}-${theme}.svg`), svg);
      if (theme === 'dark') await writeFile(join(OUT, `${name}-${size.columns}-light.svg`), svg.replaceAll(/#[0-9a-f]{6}/g, (c) => LIGHT[c] ?? c));
      await writeFile(join(OUT, `${name}-${size.columns}-${theme}.txt`), text);
    }
  }
}
