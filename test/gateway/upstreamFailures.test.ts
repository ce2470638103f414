import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeServer } from '../../cli/upstream/serverProbe.ts';
import { openServerSecrets } from '../../cli/stores/serverSecrets.ts';
import { requireServer } from '../../src/administration/requireServer.ts';
import { AppError } from '../../src/errors/appError.ts';
import { DEFAULT_SETTINGS, type Timeouts } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { liveServerOf } from '../../src/live/liveServers.ts';
import { makeCertificate } from '../support/eventStoreDb/certificate.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram, EndpointClient } from './stdio/world.ts';

interface World {
  readonly folder: string;
  /** Serves what a listener makes of each request. @returns its port */
  http(listener: RequestListener): Promise<number>;
  https(): Promise<number>;
  /** Accepts connections, and closes them as soon as something comes. */
  resetting(): Promise<number>;
}

type Target = { readonly url: string } | { readonly command: string; readonly args: readonly string[] };

interface Kind {
  readonly target: (world: World) => Target | Promise<Target>;
  readonly code: string;
  /** What its message tells to do. */
  readonly remedy: RegExp;
  /** Of the server. (Default: the usual ones) */
  readonly timeouts?: Partial<Timeouts>;
  /** It has no URL. */
  readonly isProgram?: true;
  /** Over HTTP+SSE it is told that there is no event stream. */
  readonly isNoStream?: boolean;
}

const answering = (status: number, body = '', type = 'text/plain'): Kind['target'] => {
  return async ({ http }) => ({
    url: `http://127.0.0.1:${String(await http((_req, res) => res.writeHead(status, { 'content-type': type }).end(body)))}/mcp`,
  });
};

const script = (name: string, text: string, mode = 0o755): Kind['target'] => {
  return async ({ folder }) => {
    const file = join(folder, name);
    await writeFile(file, text);
    await chmod(file, mode);
    return { command: file, args: [] };
  };
};

const KINDS: Readonly<Record<string, Kind>> = {
  'unknown-host': {
    target: () => ({ url: 'http://no-such-host.invalid/mcp' }),
    code: 'upstream-unreachable',
    remedy: /look at the name and at DNS, or correct its URL: .* servers update/,
  },
  refused: {
    target: () => ({ url: 'http://127.0.0.1:1/mcp' }),
    code: 'upstream-unreachable',
    remedy: /start the server, or correct its URL: .* servers update/,
  },
  reset: {
    target: async ({ resetting }) => ({ url: `http://127.0.0.1:${String(await resetting())}/mcp` }),
    code: 'upstream-reset',
    remedy: /log/,
  },
  silent: {
    target: async ({ http }) => ({ url: `http://127.0.0.1:${String(await http(() => undefined))}/mcp` }),
    timeouts: { idleMs: 300 },
    code: 'upstream-timeout',
    remedy: /servers test \S+; to let it take longer: .* servers update \S+ --idle-timeout/,
  },
  'no-tls': {
    target: async ({ http }) => ({ url: `https://127.0.0.1:${String(await http((_req, res) => res.end()))}/mcp` }),
    code: 'upstream-unreachable',
    remedy: /is it http:\/\/ and not https:\/\/\?/,
  },
  'only-tls': {
    target: async ({ https }) => ({ url: `http://127.0.0.1:${String(await https())}/mcp` }),
    // Node's own TLS server closes the connection without a word.
    code: 'upstream-reset',
    remedy: /must begin with https:\/\//,
  },
  untrusted: {
    target: async ({ https }) => ({ url: `https://127.0.0.1:${String(await https())}/mcp` }),
    code: 'upstream-unreachable',
    remedy: /NODE_EXTRA_CA_CERTS/,
  },
  ...Object.fromEntries(
    (
      [
        [400, 'upstream-not-mcp', /log .*servers update/],
        [401, 'upstream-unauthorized', /configure the header/],
        [403, 'upstream-unauthorized', /they do not suffice/],
        [404, 'upstream-not-mcp', /servers update/],
        [405, 'upstream-not-mcp', /servers update/],
        [410, 'upstream-not-mcp', /servers update/],
        [406, 'upstream-not-mcp', /log .*servers update/],
        [415, 'upstream-not-mcp', /log .*servers update/],
        [422, 'upstream-not-mcp', /log .*servers update/],
        [429, 'upstream-error', /again/],
        [500, 'upstream-error', /log/],
        [502, 'upstream-error', /where the proxy leads/],
        [503, 'upstream-error', /again/],
        [504, 'upstream-error', /where the proxy leads/],
      ] as const
    ).map(([status, code, remedy]) => [
      `http-${String(status)}`,
      { target: answering(status, 'no'), code, remedy, isNoStream: code === 'upstream-not-mcp' },
    ]),
  ),
  'not-json': {
    target: answering(200, '<html>Hello</html>', 'text/html'),
    code: 'upstream-not-mcp',
    remedy: /configured URL may not be that of its MCP endpoint/,
    isNoStream: true,
  },
  'half-json': {
    target: answering(200, '{"jsonrpc":', 'application/json'),
    code: 'upstream-truncated',
    remedy: /log/,
    isNoStream: true,
  },
  'no-answer': { target: answering(202), code: 'upstream-not-mcp', remedy: /log .*servers update/, isNoStream: true },
  moved: {
    target: async ({ http }) => {
      const to = { location: 'http://elsewhere.example.com/mcp' };
      return { url: `http://127.0.0.1:${String(await http((_req, res) => res.writeHead(307, to).end()))}/mcp` };
    },
    code: 'upstream-redirect',
    remedy: /configure the URL at which it answers, .* servers update/,
  },
  'no-program': {
    target: () => ({ command: '/nonexistent/program', args: [] }),
    code: 'upstream-command-unusable',
    remedy: /install|path/i,
    isProgram: true,
  },
  'no-command': {
    target: () => ({ command: 'no-such-command', args: [] }),
    code: 'upstream-command-unusable',
    remedy: /Install it, or configure its full path/,
    isProgram: true,
  },
  'not-executable': {
    target: script('plain.txt', 'hello', 0o644),
    code: 'upstream-command-unusable',
    remedy: /chmod|execut/,
    isProgram: true,
  },
  'exits-at-once': {
    target: script('exits.sh', '#!/bin/sh\nexit 3\n'),
    code: 'upstream-process-ended',
    remedy: /check that it is an MCP server/,
    isProgram: true,
  },
  'exits-with-words': {
    target: script('words.sh', '#!/bin/sh\necho "Error: GITHUB_TOKEN is not set" >&2\nexit 1\n'),
    code: 'upstream-process-ended',
    remedy: /It seems to want a variable of its environment: configure it/,
    isProgram: true,
  },
};

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let apiKey: string;
let logged: Record<string, unknown>[];
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  logged = [];
  const to = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trimEnd().split('\n'))
        logged.push(JSON.parse(line) as Record<string, unknown>);
      done();
    },
  });
  gateway = setUp.use(await startTestGateway({ logger: createLogger('info', to) }));
  const listen = async (server: Server): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    setUp.defer(() => void server.close());
    return (server.address() as AddressInfo).port;
  };
  const { certificate: cert, key } = makeCertificate();
  const world: World = {
    folder: gateway.home,
    http: (listener) => listen(createHttpServer(listener)),
    https: () => listen(createHttpsServer({ cert, key }, (_req, res) => res.end())),
    resetting: () => listen(createTcpServer((socket) => socket.once('data', () => socket.destroy()))),
  };
  for (const [name, { target, timeouts = {} }] of Object.entries(KINDS)) {
    const found = await target(world);
    if ('command' in found) {
      await addProgram(gateway, name, found);
      continue;
    }
    await gateway.addServer(name, found.url, {}, timeouts);
    const settings = {
      ...DEFAULT_SETTINGS,
      timeouts: { ...DEFAULT_SETTINGS.timeouts, ...timeouts },
      transport: 'sse',
      url: found.url,
    } as const;
    await gateway.stores.servers.register(`sse-${name}`, { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  }
  ({ apiKey } = await gateway.createKey());
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

interface Failure {
  readonly code: string;
  readonly message: string;
}

async function atEndpoint(name: string): Promise<Failure> {
  const { body } = await new EndpointClient(gateway, name, apiKey).initialize();
  return { code: body.error?.data?.code ?? '', message: body.error?.message ?? JSON.stringify(body) };
}

async function atAggregate(name: string): Promise<Failure> {
  const client = new EndpointClient(gateway, `../mcp?servers=${name}`, apiKey);
  await client.initialize();
  const { body } = await client.legacy('tools/call', { name: `${name}__tool`, arguments: {} });
  return { code: body.error?.data?.code ?? '', message: body.error?.message ?? JSON.stringify(body) };
}

async function overRest(name: string): Promise<Failure> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/${name}/tools/tool/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { code, detail } = (await answer.json()) as { code: string; detail: string };
  return { code, message: detail };
}

/** As `servers test` visits it. */
async function byTest(name: string): Promise<Failure> {
  const { db, vault } = gateway.stores;
  const row = await requireServer(db, name);
  try {
    await probeServer(liveServerOf(row, await openServerSecrets(vault, row)));
    return { code: '', message: 'it answered' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error;
  }
}

const FACES = { '/mcp/<server>': atEndpoint, '/mcp': atAggregate, REST: overRest, 'servers test': byTest };

/** The same over HTTP+SSE, where what answers otherwise than with an event stream is no server of that transport. */
const NO_STREAM = { code: 'upstream-not-mcp', remedy: /servers update \S+ --url URL, or .* --transport http/ };
const OVER_SSE = Object.entries(KINDS).flatMap(([name, { isProgram = false, isNoStream = false, ...kind }]) =>
  isProgram ? [] : [[`sse-${name}`, isNoStream ? { ...kind, ...NO_STREAM } : kind] as const],
);

describe.for([...Object.entries(KINDS), ...OVER_SSE])('a server that fails: %s', ([name, { code, remedy }]) => {
  it.for(Object.entries(FACES))(
    'is named with what to do at %s, and logged in one line without a stack [proxy-upstream-remedies]',
    async ([, ask]) => {
      const before = logged.length;
      const failure = await ask(name);
      // A program that failed before is not started at once; why it failed is told all the same.
      expect([code, 'upstream-start-failed']).toContain(failure.code);
      expect(failure.message).toContain(`"${name}"`);
      expect(failure.message).toMatch(remedy);
      const lines = logged.slice(before).map((line) => JSON.stringify(line));
      for (const line of lines) {
        expect(line).not.toContain('"stack"');
        expect(line).toContain(name);
      }
      // One of the calls that fail, and of a program one of its end, and one of what it has printed.
      expect(lines.length).toBeLessThanOrEqual(3);
    },
  );
});
