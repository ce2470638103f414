import { describe, expect, it } from 'vitest';
import type { SideMessage, Upstream } from '../../src/upstream/upstream.ts';
import { connect, failure } from './support/connect.ts';
import { event, legacyScript, startScriptedServer, stream, type Script, type Seen } from './support/scriptedServer.ts';

const told = (number: number): object => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { data: number },
});

async function listen(upstream: Upstream, until: number): Promise<unknown[]> {
  const controller = new AbortController();
  const data: unknown[] = [];
  for await (const message of upstream.listen({ signal: controller.signal })) {
    data.push(dataOf(message));
    if (data.length === until) controller.abort();
  }
  return data;
}

const dataOf = (message: SideMessage): unknown =>
  message.kind === 'notification' ? message.notification.params?.['data'] : message.request.method;

/** Runs the scripts one after the other; the last one stays. */
function inTurn(...scripts: readonly Script[]): Script {
  let at = 0;
  return (seen, response) => scripts[Math.min(at++, scripts.length - 1)]?.(seen, response);
}

const opened = (seen: readonly Seen[]) => seen.filter(({ verb }) => verb === 'GET').map(({ headers }) => headers);

describe('the event stream of a legacy server', () => {
  it('is taken up again after its last event, whether it ended or broke', async () => {
    const first: Script = (_seen, response) => stream(response, 'retry: 1\n', event(told(1), 'a')).end();
    const second: Script = (_seen, response) => {
      stream(response, event(told(2), 'b'));
      response.write(': there it breaks', () => response.destroy());
    };
    const third: Script = (_seen, response) => void stream(response, event(told(3), 'c'));
    await using server = await startScriptedServer(legacyScript({ GET: inTurn(first, second, third) }));
    await using upstream = await connect(server.url, { era: 'legacy' });
    expect(await listen(upstream, 3)).toEqual([1, 2, 3]);
    expect(opened(server.seen).map((headers) => headers['last-event-id'])).toEqual([undefined, 'a', 'b']);
    expect(opened(server.seen)[0]).toMatchObject({ 'mcp-session-id': 'session-1', accept: 'text/event-stream' });
  });

  it('without event ids ends where it ends', async () => {
    const script: Script = (_seen, response) => stream(response, event(told(1))).end();
    await using server = await startScriptedServer(legacyScript({ GET: script }));
    await using upstream = await connect(server.url, { era: 'legacy' });
    expect(await listen(upstream, 9)).toEqual([1]);
    expect(opened(server.seen)).toHaveLength(1);
  });

  it('goes on in a new session when the server lost the old one, once', async () => {
    const lost: Script = (_seen, response) => response.writeHead(404).end();
    const there: Script = (_seen, response) => void stream(response, event(told(1)));
    await using server = await startScriptedServer(legacyScript({ GET: inTurn(lost, there) }));
    await using upstream = await connect(server.url, { era: 'legacy' });
    expect(await listen(upstream, 1)).toEqual([1]);
    expect(opened(server.seen).map((headers) => headers['mcp-session-id'])).toEqual(['session-1', 'session-2']);

    await using forgetful = await startScriptedServer(legacyScript({ GET: lost }));
    await using other = await connect(forgetful.url, { era: 'legacy' });
    expect(await failure(listen(other, 1))).toMatchObject({ code: 'upstream-session-lost' });
    expect(opened(forgetful.seen)).toHaveLength(2);
  });

  it('that can’t be taken up again any more ends', async () => {
    const first: Script = (_seen, response) => stream(response, 'retry: 1\n', event(told(1), 'a')).end();
    const refused: Script = (_seen, response) => response.writeHead(405).end();
    await using server = await startScriptedServer(legacyScript({ GET: inTurn(first, refused) }));
    await using upstream = await connect(server.url, { era: 'legacy' });
    expect(await listen(upstream, 9)).toEqual([1]);
  });

  it('that the server refuses to us is an error', async () => {
    const script: Script = (_seen, response) => response.writeHead(403).end();
    await using server = await startScriptedServer(legacyScript({ GET: script }));
    await using upstream = await connect(server.url, { era: 'legacy' });
    expect(await failure(listen(upstream, 1))).toMatchObject({ code: 'upstream-unauthorized' });
  });

  it('carries requests of the server, which are replied to in its session', async () => {
    const asks: Script = (_seen, response) =>
      void stream(response, event({ jsonrpc: '2.0', id: 3, method: 'roots/list' }), event(told(1)));
    await using server = await startScriptedServer(legacyScript({ GET: asks }));
    await using upstream = await connect(server.url, { era: 'legacy', capabilities: { roots: {} } });
    const controller = new AbortController();
    for await (const message of upstream.listen({ signal: controller.signal })) {
      if (message.kind === 'request') await upstream.reply(message.request.id, { result: { roots: [] } });
      else controller.abort();
    }
    const reply = server.seen.find(({ text }) => text.includes('"roots":[]'));
    expect(reply?.message).toEqual({ jsonrpc: '2.0', id: 3, result: { roots: [] } });
    expect(reply?.headers['mcp-session-id']).toBe('session-1');
  });
});

describe('a notification to a legacy server', () => {
  it('is sent in a new session when the server lost the old one', async () => {
    const lost: Script = (_seen, response) => response.writeHead(404).end();
    const taken: Script = (_seen, response) => response.writeHead(202).end();
    await using server = await startScriptedServer(
      legacyScript({ 'notifications/roots/list_changed': inTurn(lost, taken) }),
    );
    await using upstream = await connect(server.url, { era: 'legacy' });
    await upstream.tell({ method: 'notifications/roots/list_changed' });
    expect(server.seen.at(-1)?.headers['mcp-session-id']).toBe('session-2');
  });

  it('that it does not take is an error', async () => {
    const refused: Script = (_seen, response) => response.writeHead(503).end();
    await using server = await startScriptedServer(legacyScript({ 'notifications/roots/list_changed': refused }));
    await using upstream = await connect(server.url, { era: 'legacy' });
    const outcome = upstream.tell({ method: 'notifications/roots/list_changed' });
    expect(await failure(outcome)).toMatchObject({ code: 'upstream-error' });
  });
});
