import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInProcessCli } from '../cli/inProcess.ts';
import { freePort } from '../support/freePort.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { nginxVersion, startNginx, type Nginx } from './nginx.ts';

const version = nginxVersion();
/** Of each era. */
const CALLERS = 25;
const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';

describe.skipIf(version === undefined)(`two gateways behind nginx ${version ?? '(skipped: not installed)'}`, () => {
  const opened = new AsyncDisposableStack();
  let gateways: GatewayProcess[];
  let ports: number[];
  let nginx: Nginx;
  let apiKey: string;
  let start: (port: number) => Promise<GatewayProcess>;

  beforeAll(async () => {
    const home = await mkdtemp(join(tmpdir(), 'metamcp-rolling-'));
    opened.defer(() => rm(home, { recursive: true, force: true }));
    const database = opened.use(await createTestDatabase());
    const cli = opened.use(await openInProcessCli(database.url));
    const fixture = opened.use(await startFixtureServer());
    await cli.run(['servers', 'add', 'fixture', '--url', fixture.url]);
    apiKey = (await cli.json(['keys', 'create', '--name', 'k'])).document.api_key;
    start = (port) => startGatewayProcess({ home, env: { ...cli.env, SERVER_PORT: String(port), LOG_CALLS: 'off' } });
    ports = [await freePort(), await freePort()];
    gateways = await Promise.all(ports.map(start));
    opened.defer(async () => {
      for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
    });
    nginx = opened.use(await startNginx(ports));
  });
  afterAll(() => opened.disposeAsync());

  async function send(message: object, headers: Readonly<Record<string, string>>): Promise<Response> {
    return await fetch(`${nginx.url}/mcp/fixture`, {
      method: 'POST',
      headers: {
        'x-api-key': apiKey,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  }

  const params = { name: 'test_simple_text', arguments: {} };

  /** Sends a call, as one that has no session. */
  function modernCall(id: number): Promise<Response> {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'test_simple_text' };
    return send({ id, method: 'tools/call', params: { ...params, _meta } }, headers);
  }

  /** Begins a session. @returns what sends a call in it */
  async function openSession(): Promise<(id: number) => Promise<Response>> {
    const clientInfo = { name: 'caller', version: '1' };
    const beginning = { protocolVersion: LEGACY, capabilities: {}, clientInfo };
    const begun = await send({ id: 0, method: 'initialize', params: beginning }, {});
    expect(begun.headers.get('mcp-session-id'), await begun.text()).not.toBeNull();
    const headers = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': LEGACY };
    await (await send({ method: 'notifications/initialized' }, headers)).text();
    return (id) => send({ id, method: 'tools/call', params }, headers);
  }

  test('are restarted one after the other under load, and no call fails [ops-rolling]', async () => {
    const sessions = await Promise.all(Array.from({ length: CALLERS }, openSession));
    const ways = [...sessions, ...Array.from({ length: CALLERS }, () => modernCall)];
    const failures: string[] = [];
    let answered = 0;
    let isOver = false;
    const callers = ways.map(async (call, caller) => {
      for (let id = 1; !isOver; id += 1) {
        const era = caller < CALLERS ? 'legacy' : 'modern';
        try {
          const answer = await call(id);
          const body = await answer.text();
          if (answer.status === 200 && body.includes('This is a simple text response')) answered += 1;
          else failures.push(`${era} ${id}: ${answer.status} ${body.slice(0, 300)}`);
        } catch (error) {
          failures.push(`${era} ${id}: ${String(error)}`);
        }
      }
    });
    const grown = async () => {
      const before = answered;
      await expect.poll(() => answered > before + 200 || failures.length > 0, { timeout: 60_000 }).toBe(true);
      expect(failures).toEqual([]);
    };
    for (const [at, port] of ports.entries()) {
      await grown();
      gateways[at]?.kill('SIGTERM');
      expect(await gateways[at]?.exited).toEqual([0, null]);
      await grown();
      const before = (await nginx.log()).length;
      gateways[at] = await start(port);
      // nginx leaves out for 5 s (fail_timeout) who was not there; without the other one meanwhile, nobody would be left.
      const served = new RegExp(`" 200 .*127\\.0\\.0\\.1:${port}$`, 'm');
      await expect.poll(async () => served.test((await nginx.log()).slice(before)), { timeout: 60_000 }).toBe(true);
    }
    await grown();
    isOver = true;
    await Promise.all(callers);
    expect(failures).toEqual([]);
  });
});
