import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createLogger } from '../../src/logging/logger.ts';
import { openStdio } from '../../src/upstream/stdio/openStdio.ts';
import { Programs } from '../../src/upstream/stdio/programs.ts';
import { DEFAULT_STDIO_SETTINGS } from '../../src/upstream/stdio/stdioSettings.ts';
import { openGateway } from '../proxy/gateway.ts';
import { runConformance } from '../support/conformance.ts';
import { startFixtureSseServer } from '../support/fixtureSseServer.ts';
import { startForwarder } from '../support/forwarder.ts';
import { expectComplete, REVISIONS } from './revisions.ts';

const PROGRAM = [join(import.meta.dirname, '../support/fixtureServer.ts'), '--transport', 'stdio'];

const [LEGACY, MODERN] = REVISIONS;
/** Only HTTP lets a server close the stream of an answer midway, which one check of `server-sse-polling` looks for. */
const LEGACY_CHECKS = LEGACY.checks - 1;

const CASES = [
  { name: 'stdio', ...LEGACY, checks: LEGACY_CHECKS },
  { name: 'stdio', ...MODERN },
  // The transport has the legacy era only.
  { name: 'sse', ...LEGACY, checks: LEGACY_CHECKS },
];

describe('the fixture server, asked through the gateway over a transport that carries messages', () => {
  let stack: AsyncDisposableStack;
  const urls: Record<string, string> = {};
  beforeAll(async () => {
    await using setUp = new AsyncDisposableStack();
    const logger = createLogger('silent');
    const sse = setUp.use(await startFixtureSseServer());
    const programs = setUp.use(new Programs({ inherited: process.env, settings: DEFAULT_STDIO_SETTINGS, logger }));
    const gateway = setUp.use(
      await openGateway({
        limits: { drainMs: 0 },
        openStdio: ({ server, client, era, signal }) =>
          openStdio(
            { ...server, command: process.execPath, args: PROGRAM, env: {} },
            { programs, logger, signal, client: { clientInfo: { name: 'metamcp', version: '1' }, ...client } },
            era,
          ),
      }),
    );
    gateway.servers.set('sse', sse.url, { transport: 'sse' });
    gateway.servers.set('stdio', sse.url, { transport: 'stdio' });
    for (const name of ['sse', 'stdio']) {
      const headers = { authorization: 'Bearer good' };
      urls[name] = setUp.use(await startForwarder(`${gateway.url}/mcp/${name}`, { headers })).url;
    }
    stack = setUp.move();
  });
  afterAll(() => stack.disposeAsync());

  test.each(CASES)('$name conforms to $revision [mcp-conformance]', async ({ name, revision, ...expected }) => {
    expectComplete(await runConformance(String(urls[name]), revision), expected);
  });
});
