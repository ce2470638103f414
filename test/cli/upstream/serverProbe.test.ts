import { describe, expect, it } from 'vitest';
import { probeServer } from '../../../cli/upstream/serverProbe.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import { failure } from '../../upstream/support/connect.ts';
import { legacyScript, result, rpcError, startScriptedServer } from '../../upstream/support/scriptedServer.ts';

const serverAt = (url: URL, timeouts = {}) => ({
  name: 'github',
  id: 'github',
  enabled: true,
  transport: 'http' as const,
  url,
  headers: {},
  timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
  limits: DEFAULT_LIMITS,
  revision: 0,
});

describe('a probe of a server', () => {
  it('ends after its time, whatever the server is asked just then, and leaves nothing open', async () => {
    for (const method of ['initialize', 'ping', 'tools/list']) {
      await using server = await startScriptedServer(
        legacyScript({ ping: (seen, response) => result(seen, response, {}), [method]: () => undefined }),
      );
      const error = await failure(probeServer(serverAt(server.url), { timeoutMs: 150 }));
      expect(error).toMatchObject({
        code: 'upstream-timeout',
        kind: 'refused',
        message: expect.stringContaining('within'),
      });
      await expect.poll(() => server.connections.size).toBe(0);
    }
  });

  it('tells the server’s own time-out, which was shorter', async () => {
    await using server = await startScriptedServer(legacyScript({ ping: () => undefined }));
    expect(await failure(probeServer(serverAt(server.url, { idleMs: 100 })))).toMatchObject({
      code: 'upstream-timeout',
      message: expect.stringContaining('The server "github" sent nothing for 0.1 s, its idle time-out.') as string,
    });
  });

  it('does not call an earlier failure by the reason for which it is ended later', async () => {
    const { signal, abort } = abortable();
    await using server = await startScriptedServer(
      legacyScript({
        ping: (seen, response) => rpcError(seen, response, 200, { code: -32603, message: 'out of paper' }),
        DELETE: (_seen, response) => {
          abort();
          response.writeHead(200).end();
        },
      }),
    );
    expect(await failure(probeServer(serverAt(server.url), { signal }))).toMatchObject({
      code: 'upstream-rpc-error',
      message: expect.stringContaining('out of paper'),
    });
    expect(signal.aborted).toBe(true);
  });

  it('is content with a server that has no ping, as clients are', async () => {
    await using server = await startScriptedServer(
      legacyScript({
        ping: (seen, response) => rpcError(seen, response, 200, { code: -32601, message: 'Method not found' }),
        'tools/list': (seen, response) =>
          result(seen, response, { tools: [{ name: 'add', inputSchema: { type: 'object' } }] }),
      }),
    );
    expect(await probeServer(serverAt(server.url))).toMatchObject({ tools: 1, latencyMs: expect.any(Number) });
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('too late')) };
}
