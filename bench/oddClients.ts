import { setTimeout as delay } from 'node:timers/promises';
import { answerUsage } from './measuredProcess.ts';

// Clients of servers that are a nuisance, each with a key of its own: they call, list, and listen as fast as they are answered.
// USERS has their servers' names with their keys, as JSON.

/** A client whose server is away, or hangs, tries again. */
const PAUSE_MS = 20;

const gateway = process.env['GATEWAY'] ?? '';
const users = JSON.parse(process.env['USERS'] ?? '[]') as readonly (readonly [server: string, apiKey: string])[];
const ending = new AbortController();

for (const [server, apiKey] of users) void use(server, apiKey);

answerUsage({}, () => {
  ending.abort();
  return Promise.resolve();
});

async function use(server: string, apiKey: string): Promise<void> {
  const url = `${gateway}/mcp/${server}`;
  while (!ending.signal.aborted) {
    // What fails ends the use of its session: a client asks nothing more in it.
    const leaving = new AbortController();
    const until = AbortSignal.any([ending.signal, leaving.signal]);
    try {
      const headers: Record<string, string> = {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      };
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'odd', version: '1' } };
      const opened = await send(url, headers, 'initialize', params, until);
      headers['mcp-protocol-version'] = '2025-11-25';
      headers['mcp-session-id'] = opened ?? '';
      const listening = fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal: until })
        .then(takeAll)
        .catch(() => undefined);
      await Promise.race([
        Promise.all([list(url, headers, until), call(url, headers, until)]),
        listening.then(() => delay(1_000)),
      ]);
    } catch {
      await delay(PAUSE_MS);
    } finally {
      leaving.abort();
    }
  }
}

async function list(url: string, headers: Record<string, string>, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await send(url, headers, 'tools/list', {}, until);
    await delay(PAUSE_MS);
  }
}

async function call(url: string, headers: Record<string, string>, until: AbortSignal): Promise<void> {
  const name = /crashes/.test(url) ? 'crash' : /hangs/.test(url) ? 'hang' : 'pid';
  const text = 'x'.repeat(/deaf/.test(url) ? 500_000 : 10);
  while (!until.aborted) {
    await send(url, headers, 'tools/call', { name, arguments: { text } }, until);
    await delay(PAUSE_MS);
  }
}

/** Gives the session that the answer names. */
async function send(
  url: string,
  headers: Record<string, string>,
  method: string,
  params: object,
  until: AbortSignal,
): Promise<string | undefined> {
  const signal = AbortSignal.any([until, AbortSignal.timeout(5_000)]);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await fetch(url, { method: 'POST', headers, body, signal });
  await takeAll(answer);
  if (!answer.ok) throw new Error(`status ${String(answer.status)}`);
  return answer.headers.get('mcp-session-id') ?? undefined;
}

async function takeAll(answer: Response): Promise<void> {
  for await (const _chunk of answer.body ?? []);
}
