import { createInterface } from 'node:readline';

/** A server that tells who serves: of the era that its first argument names (legacy, modern, both). */
const [era = 'legacy'] = process.argv.slice(2);
let capabilities: unknown;
const subscriptions: unknown[] = [];

const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly capabilities?: unknown; readonly protocolVersion?: string };
}

const ABOUT = { capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'shared', version: '1' } };

function callTool(id: unknown, name: string | undefined): void {
  if (name === 'crash') {
    process.stderr.write(`it broke, with ${process.env['TOKEN'] ?? 'nothing'} and \u001b[31mred\u0007\n`);
    process.exit(3);
  }
  if (name === 'hang') return;
  if (name === 'flood') {
    for (let n = 0; n < 50_000; n++) send({ method: 'notifications/tools/list_changed' });
  }
  if (name === 'change') {
    send({ method: 'notifications/tools/list_changed' });
    send({ method: 'notifications/resources/updated', params: { uri: 'test:it' } });
    for (const subscription of subscriptions) {
      const _meta = { 'io.modelcontextprotocol/subscriptionId': subscription };
      send({ method: 'notifications/tools/list_changed', params: { _meta } });
    }
  }
  const text = JSON.stringify({
    pid: process.pid,
    capabilities,
    cwd: process.cwd(),
    token: process.env['TOKEN']?.length,
    variables: Object.keys(process.env).toSorted(),
  });
  send({ id, result: { content: [{ type: 'text', text }], ...(era !== 'legacy' && { resultType: 'complete' }) } });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as Message;
  if (method === 'initialize' && era !== 'modern') {
    ({ capabilities } = params ?? {});
    send({ id, result: { ...ABOUT, protocolVersion: '2025-11-25' } });
  } else if (method === 'server/discover' && era !== 'legacy') {
    send({ id, result: { ...ABOUT, supportedVersions: ['2026-07-28'], ttlMs: 0, cacheScope: 'private' } });
  } else if (method === 'subscriptions/listen' && era !== 'legacy') {
    subscriptions.push(id);
    const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
    send({
      method: 'notifications/subscriptions/acknowledged',
      params: { _meta, notifications: { toolsListChanged: true } },
    });
  } else if (method === 'tools/list') {
    const tools = ['who', 'change', 'crash', 'hang', 'flood'].map((name) => ({
      name,
      inputSchema: { type: 'object' },
    }));
    send({
      id,
      result: { tools, ...(era !== 'legacy' && { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }) },
    });
  } else if (method === 'tools/call') callTool(id, params?.name);
  else if (method === 'ping') send({ id, result: {} });
  else if (id !== undefined) send({ id, error: { code: -32_601, message: `no ${String(method)}` } });
});
