import { describe, expect, it } from 'vitest';
import { listTools } from '../../src/upstream/catalogue.ts';
import { chooseVersion } from '../../src/mcp/eras.ts';
import { connect, failure } from './support/connect.ts';
import {
  legacyScript,
  modernScript,
  result,
  rpcError,
  startScriptedServer,
  stream,
  type Script,
} from './support/scriptedServer.ts';

/** Statuses and bodies of real servers that do not know `server/discover`. */
const UNKNOWN_TO_LEGACY: [string, Script][] = [
  ['400 with -32000', (seen, response) => rpcError(seen, response, 400, { code: -32000, message: 'not initialized' })],
  ['404 with -32601', (seen, response) => rpcError(seen, response, 404, { code: -32601, message: 'not found' })],
  ['200 with -32601', (seen, response) => rpcError(seen, response, 200, { code: -32601, message: 'not found' })],
  ['400 without a body', (_seen, response) => response.writeHead(400).end()],
  ['404 with a page', (_seen, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<p>no')],
  ['406', (_seen, response) => response.writeHead(406).end('Not Acceptable')],
  ['422 with JSON', (_seen, response) => response.writeHead(422, { 'content-type': 'application/json' }).end('{}')],
  ['202', (_seen, response) => response.writeHead(202).end()],
  ['a result of its own', (seen, response) => result(seen, response, { hello: 'world' })],
  [
    'only legacy versions',
    (seen, response) =>
      rpcError(seen, response, 400, { code: -32022, message: 'version', data: { supported: ['2025-11-25'] } }),
  ],
  [
    'only legacy versions, in a result',
    (seen, response) => result(seen, response, { supportedVersions: ['2025-06-18'], capabilities: {} }),
  ],
];

describe('the era of a server', () => {
  it.each(UNKNOWN_TO_LEGACY)(
    'is legacy when it answers the probe with %s and knows initialize',
    async (_name, discover) => {
      await using server = await startScriptedServer(legacyScript({ 'server/discover': discover }));
      await using client = await connect(server.url);
      expect(client.facts.era).toBe('legacy');
      expect(server.methods).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
    },
  );

  it('is modern when it discovers', async () => {
    await using server = await startScriptedServer(modernScript());
    await using client = await connect(server.url);
    expect(client.facts).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28', serverInfo: undefined });
    expect(server.methods).toEqual(['server/discover']);
  });

  it.each([-32020, -32021])(
    'is modern when it answers with %i, which is reported [proxy-era-evidence]',
    async (code) => {
      const discover: Script = (seen, response) => rpcError(seen, response, 400, { code, message: 'no' });
      await using server = await startScriptedServer(legacyScript({ 'server/discover': discover }));
      expect(await failure(connect(server.url))).toMatchObject({ code: 'upstream-rpc-error', rpc: { code } });
      expect(server.methods).toEqual(['server/discover']);
    },
  );

  it.each([401, 403, 407, 408, 429, 500, 503])('stays unknown after HTTP %i [proxy-era-evidence]', async (status) => {
    const discover: Script = (_seen, response) => response.writeHead(status).end('sorry');
    await using server = await startScriptedServer(legacyScript({ 'server/discover': discover }));
    const refused = status === 401 || status === 403 || status === 407;
    expect(await failure(connect(server.url))).toMatchObject({
      kind: 'unavailable',
      code: refused ? 'upstream-unauthorized' : 'upstream-error',
      data: { server: 'github', status },
    });
    expect(server.methods).toEqual(['server/discover']);
  });

  it('stays unknown after a time-out [proxy-era-evidence]', async () => {
    await using server = await startScriptedServer(legacyScript({ 'server/discover': () => undefined }));
    expect(await failure(connect(server.url, { timeouts: { idleMs: 60 } }))).toMatchObject({
      code: 'upstream-timeout',
    });
    expect(server.methods).toEqual(['server/discover']);
  });

  it('is not probed when a legacy verdict is remembered', async () => {
    await using server = await startScriptedServer(legacyScript());
    await using client = await connect(server.url, { era: 'legacy' });
    expect(client.facts.era).toBe('legacy');
    expect(server.methods).toEqual(['initialize', 'notifications/initialized']);
  });

  it('is corrected when the remembered verdict is no longer so', async () => {
    await using modern = await startScriptedServer(modernScript());
    await using toModern = await connect(modern.url, { era: 'legacy' });
    expect(toModern.facts.era).toBe('modern');
    await using legacy = await startScriptedServer(legacyScript());
    await using toLegacy = await connect(legacy.url, { era: 'modern' });
    expect(toLegacy.facts.era).toBe('legacy');
  });
});

describe('versions', () => {
  it('are refused when none is in common', async () => {
    const discover: Script = (seen, response) =>
      rpcError(seen, response, 400, { code: -32022, message: 'version', data: { supported: ['2099-01-01'] } });
    await using server = await startScriptedServer(modernScript({ 'server/discover': discover }));
    expect(await failure(connect(server.url))).toMatchObject({
      code: 'upstream-version',
      message: 'The server "github" speaks only versions of MCP that we do not: 2099-01-01.',
    });
  });

  it('that only another machine behind the address supports are asked for once more', async () => {
    let asked = 0;
    const discover: Script = (seen, response) => {
      if (++asked > 1) result(seen, response, { supportedVersions: ['2026-07-28'], capabilities: {} });
      else rpcError(seen, response, 400, { code: -32022, message: 'version', data: { supported: ['2026-07-28'] } });
    };
    await using server = await startScriptedServer(modernScript({ 'server/discover': discover }));
    await using client = await connect(server.url);
    expect(client.facts.era).toBe('modern');
  });

  it('older than ours are accepted from a legacy server and sent back to it', async () => {
    const initialize: Script = (seen, response) =>
      result(seen, response, { protocolVersion: '2025-03-26', capabilities: { tools: {} }, serverInfo: {} });
    await using server = await startScriptedServer(legacyScript({ initialize }));
    await using client = await connect(server.url, { era: 'legacy' });
    await listTools(client);
    expect(client.facts.protocolVersion).toBe('2025-03-26');
    expect(server.seen.map(({ headers }) => headers['mcp-protocol-version'])).toEqual([
      undefined,
      '2025-03-26',
      '2025-03-26',
    ]);
  });

  it('unheard of from a legacy server are refused', async () => {
    const initialize: Script = (seen, response) =>
      result(seen, response, { protocolVersion: '2030-01-01', capabilities: {}, serverInfo: {} });
    await using server = await startScriptedServer(legacyScript({ initialize }));
    expect(await failure(connect(server.url))).toMatchObject({ code: 'upstream-version' });
  });

  it('are chosen by our preference, newest first', () => {
    expect(chooseVersion(['c', 'b', 'a'], ['a', 'b', 'z'])).toBe('b');
    expect(chooseVersion(['c'], [])).toBeUndefined();
  });
});

describe('a server of the HTTP+SSE transport', () => {
  it.each([400, 404, 405])('is recognised when it refuses a POST with %i', async (status) => {
    await using server = await startScriptedServer((seen, response) => {
      if (seen.verb === 'GET') stream(response, 'event: endpoint\ndata: /messages?sessionId=1\n\n');
      else response.writeHead(status).end();
    });
    expect(await failure(connect(server.url))).toMatchObject({
      code: 'upstream-sse-only',
      message: expect.stringContaining('--transport sse'),
    });
    await expect.poll(() => server.connections.size).toBe(0);
  });

  it('is not seen in whatever else answers a GET', async () => {
    await using server = await startScriptedServer((seen, response) => {
      if (seen.verb === 'GET') stream(response, 'event: news\ndata: 1\n\n').end();
      else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not  found</h1>');
    });
    expect(await failure(connect(server.url))).toMatchObject({
      code: 'upstream-not-mcp',
      message:
        'The server "github" answers HTTP 404, which is not an answer of MCP: <h1>Not found</h1>. Is the path of its URL ' +
        'right? To correct it: metamcp-cli servers update github --url URL',
    });
  });
});
