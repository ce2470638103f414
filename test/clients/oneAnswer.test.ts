import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as V2Client, StreamableHTTPClientTransport as V2Transport } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { until } from '../proxy/client.ts';
import { fixture } from '../proxy/fixture.ts';
import { parseCall, type Answer } from '../proxy/upstream.ts';

const { use, gatewayTo } = fixture();
const STREAM = { 'Content-Type': 'text/event-stream' };
const NAMES = ['no blank line', 'stays open', 'says it twice', 'half', 'polls', 'breaks'] as const;
type Name = (typeof NAMES)[number];

const result = (id: unknown, text: string) => ({
  jsonrpc: '2.0',
  id,
  result: { resultType: 'complete', content: [{ type: 'text', text }] },
});
const event = (message: unknown): string => `data: ${JSON.stringify(message)}\n\n`;

/** A server of both eras whose tools answer in the ways that their names say. */
function server(): Answer {
  /** What a client that comes back is to get. */
  let pending: unknown;
  return (res, { method: httpMethod, body, headers }) => {
    if (httpMethod === 'GET' && headers['last-event-id'] !== undefined) {
      res.writeHead(200, STREAM).end(`id: 2\n${event(pending)}`);
      return;
    }
    if (httpMethod !== 'POST') {
      res.writeHead(405).end();
      return;
    }
    const { id, method, params } = parseCall(body);
    const answer = (value: object): void => {
      res
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result: value }));
    };
    if (id === undefined) res.writeHead(202).end();
    else if (method === 'initialize') {
      answer({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } });
    } else if (method === 'server/discover') {
      const cached = { ttlMs: 0, cacheScope: 'private' };
      answer({ resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ...cached });
    } else {
      const name = params?.['name'] as Name;
      const whole = event(result(id, name));
      res.writeHead(200, STREAM);
      pending = result(id, name);
      if (name === 'no blank line') res.end(whole.slice(0, -1));
      else if (name === 'stays open') res.write(whole);
      else if (name === 'says it twice') res.end(whole + whole);
      else if (name === 'half') res.end(whole.slice(0, 40));
      else {
        const priming = 'id: 1\nretry: 10\ndata: \n\n';
        if (name === 'polls') res.end(priming);
        else res.write(priming, () => setImmediate(() => res.destroy()));
      }
    }
  };
}

const INFO = { name: 'metamcp-test', version: '1.0.0' };
const options = { requestInit: { headers: { authorization: 'Bearer good' } } };
const kinds = {
  'sdk 1.32.2': (url: URL) => {
    const client = new V1Client(INFO);
    return { client, connected: client.connect(new V1Transport(url, options)) };
  },
  'client 2.4.0, legacy': (url: URL) => {
    const client = new V2Client(INFO);
    return { client, connected: client.connect(new V2Transport(url, options)) };
  },
  'client 2.4.0, pinned to 2026-07-28': (url: URL) => {
    const client = new V2Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    return { client, connected: client.connect(new V2Transport(url, options)) };
  },
};

describe.for(Object.entries(kinds))('%s', ([kind, connect]) => {
  test('gets one answer, whichever way the server ends its stream [proxy-one-id-one-answer] [mcp-official-clients]', async () => {
    const { gateway, upstream } = await gatewayTo(server());
    const { client, connected } = connect(new URL(`${gateway.url}/mcp/files`));
    await connected;
    use({ [Symbol.asyncDispose]: () => client.close() });
    const faults: string[] = [];
    client.onerror = (error: Error) => faults.push(error.message);
    for (const name of NAMES) {
      const modern = kind.includes('pinned');
      const answered = client.callTool({ name, arguments: {} });
      const hasAnswer = name !== 'half' && !(modern && (name === 'polls' || name === 'breaks'));
      if (hasAnswer) expect(await answered).toMatchObject({ content: [{ text: name }] });
      else await expect(answered).rejects.toThrow(/The server "files" /);
    }
    await until(() => gateway.register.size === 0, 'every place is free');
    // A second answer would be one to nobody's request.
    expect(faults.filter((fault) => fault.includes('unknown message ID'))).toEqual([]);
    const methods = upstream.received.flatMap(({ body }) => (body.length === 0 ? [] : [parseCall(body).method]));
    expect(methods).not.toContain('notifications/cancelled');
  });
});
