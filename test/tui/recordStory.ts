import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStores } from '../../src/stores/stores.ts';
import { freePort } from '../support/freePort.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { openTestCluster, TEMPLATE } from '../support/testCluster.ts';
import { storySvg, type Frame } from './storySvg.ts';
import { openTerminal } from './terminal.ts';
import { asAnna, BY_ANNA } from './recordedAs.ts';

// Records docs/story.svg: node test/tui/recordStory.ts. The commands are run as they stand, on a gateway, a database and an MCP
// server of their own; the lower half is what the terminal interface shows meanwhile.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COLUMNS = 104;
const ROWS = { shell: 10, tui: 12 };
const PROMPT = '\u001b[32m$\u001b[39m ';
/** So many characters are typed at once, each time for so many seconds. */
const TYPED = 5;
const TYPED_SECONDS = 0.12;

await using opened = new AsyncDisposableStack();
const home = await mkdtemp(join(tmpdir(), 'metamcp-story-'));
opened.defer(() => rm(home, { recursive: true, force: true }));
const cluster = opened.use(await openTestCluster());
const url = new URL(cluster.url);
url.pathname = `/${TEMPLATE}`;
const secret = (): string => randomBytes(32).toString('base64');
const env: Record<string, string> = {
  METAMCP_HOME: home,
  DATABASE_URL: url.href,
  JWT_SECRET: secret(),
  ENCRYPTION_KEY: secret(),
  SERVER_PORT: String(await freePort()),
};
const calculator = opened.use(await startBackendServer1());
const gateway = opened.use(await startGatewayProcess({ home, env }));
const stores = opened.use(
  await openStores({
    settings: readSettings({ env, cwd: home }),
    logger: createLogger('silent'),
    applicationName: 'metamcp story',
  }),
);
await stores.servers.register(
  'calculator',
  {
    settings: {
      transport: 'http',
      url: calculator.url,
      isolation: 'session',
      limits: DEFAULT_LIMITS,
      timeouts: DEFAULT_TIMEOUTS,
    },
    secrets: { headers: {}, env: {} },
  },
  BY_ANNA,
);
const terminal = opened.use(await openTerminal({ env, columns: COLUMNS, rows: ROWS.tui }));
await terminal.shows('[1 Keys]');
await terminal.press('3');
await terminal.shows('Live from the gateway');

const frames: Frame[] = [];
/** What the shell has shown so far. */
let printed = '';
/** What its commands export. */
const exported: Record<string, string> = { METAMCP_URL: gateway.url };

await show(1);
await enter(
  'export METAMCP_KEY=$(./metamcp-cli keys create --name laptop --json | jq -r .api_key)',
  /key created +laptop/,
);
await enter('npx node examples/client/firstCall.ts calculator__add a=2 b=3', /add +calculator/);
await enter('npx node examples/client/firstCall.ts calculator__multiply a=6 b=7', /multiply +calculator/);
await enter('./metamcp-cli keys inactivate laptop --reason "laptop lost"', (screen) => rowsOf(screen, 'laptop') > 3);
await enter('npx node examples/client/firstCall.ts calculator__add a=2 b=3', () => true);
await show(4);

const picture = storySvg(frames, { columns: COLUMNS, rows: ROWS, title: 'A key is made, used, revoked and refused' });
await writeFile(join(ROOT, 'docs', 'story.svg'), picture);

function rowsOf(screen: string, word: string): number {
  return screen.split('\n').filter((line) => line.includes(word)).length;
}

/** Types a command, runs it, and waits for what the terminal interface shows of it. */
async function enter(command: string, seen: Parameters<typeof terminal.shows>[0]): Promise<void> {
  const before = printed;
  for (let end = TYPED; end < command.length; end += TYPED) {
    printed = `${before}${PROMPT}${command.slice(0, end)}█`;
    await show(TYPED_SECONDS);
  }
  printed = `${before}${PROMPT}${command}`;
  await show(0.5);
  const kept = join(home, 'key');
  const { stdout, stderr } = await promisify(execFile)(
    'bash',
    ['-c', `(${command}\nprintf %s "$METAMCP_KEY" > '${kept}') 2>&1`],
    { cwd: ROOT, env: { ...PROGRAM_ENVIRONMENT, HOME: home, ...env, ...exported } },
  );
  exported['METAMCP_KEY'] = await readFile(kept, 'utf8');
  printed += `\n${stdout}${stderr}`;
  await terminal.shows(seen);
  await show(1.8);
}

async function show(seconds: number): Promise<void> {
  const tui = asAnna(await terminal.painted());
  frames.push({ seconds, shell: printed === '' ? `${PROMPT}█` : printed, tui });
}
