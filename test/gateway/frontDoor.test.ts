import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { CHROMIUM, openPage } from '../api/chromium.ts';
import { documentedBounds } from '../front/boundsTable.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const PROXY_HEADERS = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'mcp.example.com' };

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let key: string;
/** Pages of two origins: one that may call the gateway, and one that may not. */
let allowed: string;
let foreign: string;

async function servePage(opened: AsyncDisposableStack): Promise<string> {
  const pages = createServer((_req, res) => res.setHeader('content-type', 'text/html').end('<title>page</title>'));
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  opened.defer(() => {
    pages.closeAllConnections();
    pages.close();
  });
  // No loopback name to the gateway: those are always allowed.
  return `http://page.test:${(pages.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  await using opened = new AsyncDisposableStack();
  allowed = await servePage(opened);
  foreign = await servePage(opened);
  const env = {
    SERVER_ALLOWED_ORIGINS: allowed,
    SERVER_ALLOWED_HOSTS: 'mcp.example.com',
    TRUSTED_PROXIES: '127.0.0.1',
  };
  gateway = opened.use(await startTestGateway({ env }));
  const tools = opened.use(await startBackendServer1({ port: 0 }));
  await gateway.addServer('secret-name', tools.url);
  ({ apiKey: key } = await gateway.createKey());
  stack = opened.move();
});
afterAll(() => stack.disposeAsync());

const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.url + path, { headers });

describe('the page at /', () => {
  it('tells a browser what this is, how it is, and how to connect, and nothing secret [http-root-page]', async () => {
    const answer = await get('/', { accept: BROWSER, ...PROXY_HEADERS });
    const html = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    for (const part of ['Ready: calls and changes', 'https://mcp.example.com/mcp', '/swagger-ui'])
      expect(html).toContain(part);
    expect(html).not.toContain('secret-name');
    expect(html).not.toMatch(/<script|https?:\/\/(?!mcp\.example\.com)/);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect([answer.headers.get('cache-control'), answer.headers.get('vary')]).toEqual(['no-store', 'Origin, Accept']);
  });

  it('is JSON for programs [http-root-page]', async () => {
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }]) {
      expect(await (await get('/', headers)).json()).toMatchObject({
        name: 'MetaMCP',
        ready: { calls: true, changes: true },
        mcp: `${gateway.url}/mcp`,
      });
    }
  });

  it('shows a browser, and no program, a page where there is nothing [http-root-page]', async () => {
    const page = await get('/nothing', { accept: BROWSER });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('There is nothing here');
    for (const accept of ['*/*', 'application/json', 'application/json, text/html;q=0.5']) {
      const problem = await get('/nothing', { accept });
      expect([problem.status, await problem.json()]).toMatchObject([404, { code: 'no-such-resource' }]);
    }
  });
});

it('bodies are bounded before it is known who asks, and behind a credential, as docs/operating.md says [front-bounds-told]', async () => {
  const bounds = documentedBounds();
  const [open = '', rest = ''] = [
    bounds.get('body of a request that needs no credential')?.[0],
    bounds.get('body of a REST request with a credential')?.[0],
  ];
  const [token, leaks] = [...open.matchAll(/(\d+) KiB/g)].map(([, kib]) => Number(kib) * 1_024);
  const limits = [
    ['/api/v1/auth/token', token, undefined],
    ['/api/v1/leaked', leaks, undefined],
    ['/api/v1/mcp/servers', Number(/^(\d+) MiB$/.exec(rest)?.[1]) * 1_024 * 1_024, 'servers:write'],
  ] as const;
  for (const [path, bytes = 0, scope] of limits) {
    const credential =
      scope === undefined ? {} : { 'x-api-key': (await gateway.createKey({ scopes: [scope] })).apiKey };
    const post = (length: number, headers: Record<string, string> = credential) =>
      fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: `"${'x'.repeat(length - 2)}"`,
      });
    expect([path, (await post(bytes)).status]).toEqual([path, 400]);
    expect([path, (await post(bytes + 1)).status]).toEqual([path, 413]);
    if (scope !== undefined) expect((await post(bytes + 1, {})).status).toBe(401);
  }
});

describe('a page of another origin', () => {
  it.each(['/mcp', '/mcp/secret-name', '/api/v1/mcp/servers'])(
    'asks without a credential what it may send to %s, where its origin is allowed [http-cross-origin]',
    async (path) => {
      const preflight = (origin: string) =>
        fetch(gateway.url + path, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-evil' },
        });
      const { status, headers } = await preflight(allowed);
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, allowed]);
      const names = headers.get('access-control-allow-headers')?.split(/, ?/) ?? [];
      const wanted = [
        'authorization',
        'mcp-session-id',
        'mcp-protocol-version',
        'last-event-id',
        'mcp-method',
        'mcp-name',
      ];
      expect(names).toEqual(expect.arrayContaining([...wanted, 'traceparent']));
      expect(names).not.toContain('x-evil');
      const refused = await preflight(foreign);
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);

      const answer = await fetch(gateway.url + path, { headers: { origin: allowed, 'x-api-key': key } });
      expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('vary')).toContain('Origin');
      const exposed = answer.headers.get('access-control-expose-headers')?.split(/, ?/) ?? [];
      const readable = ['Mcp-Session-Id', 'MCP-Protocol-Version', 'WWW-Authenticate', 'Retry-After', 'RateLimit'];
      expect(exposed).toEqual(expect.arrayContaining([...readable, 'RateLimit-Policy', 'X-Request-Id']));
    },
  );

  it('is named exactly, or in no answer [http-cross-origin]', async () => {
    expect((await get('/api/v1/mcp/servers')).headers.get('access-control-allow-origin')).toBeNull();
    for (const origin of ['null', `${allowed}/`, `${allowed}.evil.example`, allowed.replace('http:', 'https:')]) {
      const refused = await get('/api/v1/mcp/servers', { origin, 'x-api-key': key });
      expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'origin-not-allowed' }]);
    }
  });
});

describe.skipIf(CHROMIUM === undefined)(
  `in a browser${CHROMIUM === undefined ? ' (left out: chromium is not installed)' : ''}`,
  () => {
    it('a page of an allowed origin calls a tool, and one of another origin does not [http-cross-origin]', async () => {
      await using watched = await openPage(['--host-resolver-rules=MAP page.test 127.0.0.1']);
      const callFrom = async (origin: string) => {
        await watched.page.goto(origin);
        return watched.page.evaluate(callTool, { url: `${gateway.url}/mcp/secret-name`, key });
      };
      expect(await callFrom(allowed)).toContain('2 + 3 = 5');
      expect(await callFrom(foreign)).toMatch(/^TypeError/);
    });

    it('the pages show themselves, and complain of nothing [http-root-page]', async () => {
      await using watched = await openPage();
      await watched.page.goto(gateway.url);
      // The style holds: the policy names it.
      const { width = 0 } = (await watched.page.locator('main').boundingBox()) ?? {};
      expect(width).toBeLessThan(800);
      expect([watched.requests, watched.complaints]).toEqual([[`${gateway.url}/`], []]);
    });
  },
);

/** Runs in the page. */
async function callTool({ url, key: apiKey }: { url: string; key: string }): Promise<string> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${apiKey}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2025-11-25',
  };
  const send = (body: object) =>
    fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...body }) });
  try {
    const clientInfo = { name: 'page', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const initialized = await send({ id: 1, method: 'initialize', params });
    const session = initialized.headers.get('mcp-session-id');
    if (session !== null) headers['mcp-session-id'] = session;
    await send({ method: 'notifications/initialized' });
    const call = { name: 'add', arguments: { a: 2, b: 3 } };
    return await (await send({ id: 2, method: 'tools/call', params: call })).text();
  } catch (error) {
    return String(error);
  }
}
