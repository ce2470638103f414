import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

// Any address of 127.0.0.0/8 is this machine's own: connections come from where the test says.

const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.9';
const CLIENT = '198.51.100.7';
const FAILURES = 15;
const SERVERS = '/api/v1/mcp/servers';

let gateway: TestGateway;
let key: string;
let lines: string[] = [];
const stream = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines.push(chunk.toString());
    done();
  },
});

beforeAll(async () => {
  const env = {
    TRUSTED_PROXIES: `${PROXY}, 10.0.0.0/8, 2001:db8:f::/48`,
    SERVER_REFUSED_CREDENTIALS_PER_ADDRESS: `${FAILURES}/h`,
    SERVER_ALLOWED_HOSTS: 'mcp.example.com',
  };
  gateway = await startTestGateway({ env, logger: pino({ base: null }, stream) });
  ({ apiKey: key } = await gateway.createKey({ networks: [CLIENT, '2001:db8:c::/48'] }));
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  lines = [];
});

interface Asked {
  readonly from?: string;
  readonly agent?: Agent;
  readonly apiKey?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
}

async function ask({ from = PROXY, agent, apiKey = key, path = SERVERS, headers = {} }: Asked) {
  const sent = request(gateway.url + path, {
    localAddress: from,
    agent: agent ?? false,
    headers: { accept: 'application/json, text/event-stream', 'x-api-key': apiKey, ...headers },
  });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, body: await text(answer) };
}

describe('the client of a request from a trusted proxy', () => {
  it.each([
    ['it alone', { 'x-forwarded-for': CLIENT }],
    ['after rubbish', { 'x-forwarded-for': `1.2.3.4, rubbish, ${CLIENT}` }],
    ['with a port, before proxies', { 'x-forwarded-for': `${CLIENT}:4711, 10.1.2.3,10.1.2.4:80` }],
    ['after thousands', { 'x-forwarded-for': `${'1.1.1.1,'.repeat(1_500)}${CLIENT}` }],
    ['in a second line, as IPv6', { 'x-forwarded-for': ['1.2.3.4', `::ffff:${CLIENT}`] }],
    ['of IPv6', { 'x-forwarded-for': '[2001:db8:c::1%eth0]:443, 2001:db8:f::1' }],
    ['in Forwarded', { forwarded: `for="_x";a=", for=${CLIENT};proto=https` }],
    ['in both', { forwarded: 'for="[2001:db8:c::1]:443"', 'x-forwarded-for': '2001:DB8:C:0::1' }],
  ])('is the last address that is no trusted proxy: %s [front-trusted-proxies]', async (_where, headers) => {
    for (const path of [SERVERS, '/mcp/none']) {
      expect((await ask({ path, headers })).status, path).toBe(path === SERVERS ? 200 : 404);
    }
  });

  it.each([
    ['no header', {}],
    ['another client', { 'x-forwarded-for': '198.51.100.8' }],
    ['what another client has sent', { 'x-forwarded-for': `${CLIENT}, 198.51.100.8` }],
    ['what stands before rubbish', { 'x-forwarded-for': `${CLIENT}, rubbish` }],
    ['what stands before a hidden one', { 'x-forwarded-for': `${CLIENT}, unknown, 10.1.2.3` }],
    ['what stands before forty proxies', { 'x-forwarded-for': `${CLIENT}${', 10.0.0.1'.repeat(40)}` }],
    ['one of two in Forwarded', { forwarded: `for=${CLIENT};for=1` }],
    ['another header', { 'x-real-ip': CLIENT, 'x-forwarded-proto': 'https' }],
  ])('is not anything else: %s [front-trusted-proxies]', async (_what, headers) => {
    expect((await ask({ headers })).status).toBe(401);
  });

  it('counts for the limits of addresses, for each client by itself, and is in the log [limits-client-address]', async () => {
    const guess = (client: string) => ask({ apiKey: 'mcp_wrong', headers: { 'x-forwarded-for': client } });
    for (let n = 0; n < FAILURES; n += 1) expect((await guess('198.51.100.66')).status).toBe(401);
    expect((await guess('198.51.100.66')).status).toBe(429);
    expect((await ask({ headers: { 'x-forwarded-for': CLIENT } })).status).toBe(200);
    const logged = lines.map((line) => JSON.parse(line) as { msg: string; remoteAddress?: string });
    const refused = logged.filter(({ msg }) => msg === 'a credential was refused');
    const addresses = refused.map(({ remoteAddress }) => remoteAddress);
    expect(new Set(addresses)).toEqual(new Set(['198.51.100.66']));
  });

  it('has no credit by what another client has shown on the proxy’s connection [limits-client-address]', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const at = (client: string, apiKey: string) => ask({ agent, apiKey, headers: { 'x-forwarded-for': client } });
    try {
      for (let n = 0; n < FAILURES; n += 1) await at('198.51.100.68', 'mcp_wrong');
      expect((await at(CLIENT, key)).status).toBe(200);
      expect((await at('198.51.100.68', 'mcp_wrong')).status).toBe(429);
    } finally {
      agent.destroy();
    }
  });

  it('is refused where two headers name two of them [front-trusted-proxies]', async () => {
    const headers = { 'x-forwarded-for': CLIENT, forwarded: 'for=198.51.100.8' };
    for (const path of [SERVERS, '/mcp/none']) {
      const { status, body } = await ask({ path, headers });
      expect([status, body]).toEqual([400, expect.stringContaining('forwarded-ambiguous')]);
    }
  });

  it('must have asked for a name that the gateway has [front-trusted-proxies]', async () => {
    const forwarded = (host: string) => ({ 'x-forwarded-for': CLIENT, 'x-forwarded-host': host });
    expect((await ask({ headers: forwarded('mcp.example.com') })).status).toBe(200);
    expect((await ask({ headers: forwarded('evil.example, mcp.example.com') })).status).toBe(200);
    for (const path of [SERVERS, '/mcp/none']) {
      expect((await ask({ path, headers: forwarded('evil.example') })).body).toContain('host-not-allowed');
      const bound = { ...forwarded('mcp.example.com'), host: 'evil.example' };
      expect((await ask({ path, headers: bound })).body).toContain('host-not-allowed');
    }
  });
});

it('what others than trusted proxies say of addresses and names means nothing [front-trusted-proxies]', async () => {
  for (const headers of [{ 'x-forwarded-for': CLIENT }, { forwarded: `for=${CLIENT}` }]) {
    expect((await ask({ from: STRANGER, headers })).status).toBe(401);
  }
  const { apiKey } = await gateway.createKey({ networks: [STRANGER] });
  const headers = { 'x-forwarded-for': CLIENT, forwarded: 'for=198.51.100.8', 'x-forwarded-host': 'evil.example' };
  expect((await ask({ from: STRANGER, apiKey, headers })).status).toBe(200);
});
