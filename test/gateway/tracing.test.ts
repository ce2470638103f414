import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { modern } from '../proxy/client.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { modernScript, startScriptedServer, type ScriptedServer } from '../upstream/support/scriptedServer.ts';

// A collector of OTLP over HTTP, and a gateway that sends it what it does.

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const [SERVER, CLIENT, INTERNAL] = [2, 3, 1];

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code?: number };
}
interface OtlpBody {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[];
}

const opened = new AsyncDisposableStack();
const spans: OtlpSpan[] = [];
const collected: { readonly path: string | undefined; readonly token: string | undefined }[] = [];
let isRefusing = false;
let refused = 0;
let home: string;
let server: ScriptedServer;
let gateway: GatewayProcess;
let apiKey: string;

async function cli<Document>(...argv: string[]): Promise<Document> {
  const env = { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: home };
  const child = spawn(process.execPath, [CLI, ...argv, '--json'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (await json(child.stdout)) as Document;
}

beforeAll(async () => {
  const collector = createServer((req, res) => {
    void (async () => {
      const body = (await json(req)) as OtlpBody;
      if (isRefusing) refused += 1;
      if (isRefusing) return res.writeHead(401).end('{"message":"se cret is no token"}');
      collected.push({ path: req.url, token: req.headers['x-token'] as string | undefined });
      spans.push(...body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      return res.setHeader('content-type', 'application/json').end('{}');
    })();
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  opened.defer(() => void collector.close());
  home = await mkdtemp(join(tmpdir(), 'metamcp-tracing-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  server = opened.use(await startScriptedServer(modernScript()));
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String((collector.address() as AddressInfo).port)}`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-token=se%20cret',
  };
  gateway = opened.use(await startGatewayProcess({ home, env }));
  await cli('servers', 'add', 'files', '--url', server.url.href);
  const scopes = ['--scope', 'mcp,servers:read,servers:write'];
  ({ api_key: apiKey } = await cli<{ api_key: string }>('keys', 'create', '--name', 'ci', '--grant', '*', ...scopes));
});
afterAll(() => opened[Symbol.asyncDispose]());

let traces = 0;
function newTrace() {
  const traceId = (traces += 1).toString(16).padStart(32, 'a');
  const parentId = 'b'.repeat(16);
  return { traceId, parentId, traceparent: `00-${traceId}-${parentId}-01` };
}

async function post(path: string, { message, headers }: ReturnType<typeof modern>, more: Record<string, string> = {}) {
  const answer = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
      ...more,
    },
    body: JSON.stringify(message),
  });
  await answer.arrayBuffer();
  return answer.status;
}

const of = (id: string, kind: number) => spans.filter((span) => span.traceId === id && span.kind === kind);
const attribute = (span: OtlpSpan | undefined, name: string) =>
  Object.values(span?.attributes.find(({ key }) => key === name)?.value ?? {})[0];

it('a call and the request for it to the server are spans in the trace of the client [ops-traces]', async () => {
  const { traceId, parentId, traceparent } = newTrace();
  expect(await post('/mcp/files', modern('tools/call', { name: 'x' }), { traceparent })).toBe(200);
  await expect.poll(() => of(traceId, SERVER)).toHaveLength(1);
  const [call] = of(traceId, SERVER);
  const [request] = of(traceId, CLIENT);
  expect(call).toMatchObject({ name: 'tools/call x', parentSpanId: parentId });
  expect(request).toMatchObject({ name: 'tools/call x', parentSpanId: call?.spanId });
  expect(attribute(call, 'mcp.method.name')).toBe('tools/call');
  expect(attribute(call, 'gen_ai.tool.name')).toBe('x');
  expect(attribute(request, 'metamcp.server.name')).toBe('files');
  expect(server.seen.at(-1)?.headers['traceparent']).toBe(`00-${traceId}-${String(request?.spanId)}-01`);
  const lines = gateway.log.map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(lines.filter((line) => line['traceId'] === traceId)).toMatchObject([{ msg: 'call', server: 'files' }]);
  expect(collected[0]).toEqual({ path: '/v1/traces', token: 'se cret' });
});

it('a key that a client sends as a name is not told [ops-traces-secrets]', async () => {
  const { traceId, traceparent } = newTrace();
  await post('/mcp/files', modern('tools/call', { name: apiKey }, apiKey), { traceparent });
  await post('/mcp/files', modern(apiKey), { traceparent });
  await expect.poll(() => of(traceId, SERVER)).toHaveLength(2);
  for (const { name } of of(traceId, SERVER)) expect(name).toContain('secret');
  expect(JSON.stringify(spans)).not.toContain(apiKey);
});

it('a message may name its trace itself, and what goes on as a message names it to the server [ops-traces]', async () => {
  const { traceId, traceparent } = newTrace();
  const other = newTrace();
  const request = modern('tools/list', {}, 1, { traceparent });
  expect(await post('/mcp', request, { traceparent: other.traceparent })).toBe(200);
  const { message, headers } = modern('resources/read', { uri: 'file:///a' }, 2, { traceparent });
  await post('/mcp', { message, headers });
  await expect.poll(() => of(traceId, SERVER).length).toBeGreaterThan(1);
  expect(of(other.traceId, SERVER)).toEqual([]);
});

it('a change is decided, appended and projected in the trace of its request [ops-traces]', async () => {
  const { traceId, parentId, traceparent } = newTrace();
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', traceparent },
    body: JSON.stringify({ name: 'made', url: 'http://127.0.0.1:1/mcp' }),
  });
  expect(answer.status).toBe(201);
  const [path] = ['/api/v1/mcp/servers'];
  await expect.poll(() => of(traceId, SERVER)).toMatchObject([{ name: `POST ${path}`, parentSpanId: parentId }]);
  const [request] = of(traceId, SERVER);
  const names = ['decide mcpServer', 'append mcpServer', 'project McpServerRegistered'];
  await expect
    .poll(() =>
      of(traceId, INTERNAL)
        .map(({ name }) => name)
        .sort(),
    )
    .toEqual([...names].sort());
  for (const span of of(traceId, INTERNAL)) expect(span.parentSpanId).toBe(request?.spanId);
});

it('a traceparent that is none counts as if it were not there [ops-traces]', async () => {
  const before = spans.length;
  for (const traceparent of [
    '00-0',
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01-more`,
  ]) {
    expect(await post('/mcp/files', modern('tools/list'), { traceparent })).toBe(200);
  }
  await expect.poll(() => spans.slice(before).filter(({ kind }) => kind === SERVER).length).toBe(4);
  for (const span of spans.slice(before).filter(({ kind }) => kind === SERVER)) expect(span.parentSpanId).toBeFalsy();
});

it('spans that the collector does not take are in the log, once, and hold up nothing [ops-traces-lost]', async () => {
  isRefusing = true;
  const about = () => gateway.log.filter((line) => line.includes('the collector of traces'));
  for (let call = 0; call < 3; call += 1) {
    expect(await post('/mcp/files', modern('tools/list'))).toBe(200);
    await expect.poll(() => refused).toBeGreaterThan(call);
  }
  expect(about()).toHaveLength(1);
  expect(JSON.parse(about()[0] ?? '')).toMatchObject({ level: 40, reason: 'HTTP 401' });
  expect(about().join()).not.toContain('se cret');
  isRefusing = false;
  const { traceId, traceparent } = newTrace();
  expect(await post('/mcp/files', modern('tools/list'), { traceparent })).toBe(200);
  await expect.poll(() => of(traceId, SERVER)).toHaveLength(1);
});
