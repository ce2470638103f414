import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import type { KeySubject } from './keySubject.ts';
import type { Random } from './random.ts';
import type { Replica } from './replica.ts';
import type { ServerSubject } from './serverSubject.ts';

/** Between two calls of a judge: the machine has other work, too. */
const PAUSE_MS = 50;

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'judge', version: '1' } },
});

/** Calls with a key, or a server with the root key. @returns the status; undefined: no answer */
export async function callWith(
  installation: Installation,
  replica: Replica,
  subject: KeySubject | ServerSubject | 'root',
): Promise<number | undefined> {
  if (replica.url === undefined) return undefined;
  const key = subject !== 'root' && subject.kind === 'key' ? subject.apiKey : installation.rootKey;
  const headers = { 'x-api-key': key };
  const call =
    subject === 'root' || subject.kind === 'key'
      ? fetch(`${replica.url}/api/v1/mcp/servers?limit=1`, { headers })
      : fetch(`${replica.url}/mcp/${subject.id}`, {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
          },
          body: INITIALIZE,
        });
  try {
    const answer = await call;
    await answer.text();
    return answer.status;
  } catch {
    return undefined;
  }
}

/** Calls all the time, and sees that nobody is let in after a confirmed revocation. */
export interface Judge extends AsyncDisposable {
  readonly calls: number;
}

export function startJudge(installation: Installation, replica: Replica, random: Random): Judge {
  const { journal, keys, servers } = installation;
  const ended = new AbortController();
  let calls = 0;

  async function judge(): Promise<void> {
    const subject = random.pick([...keys, ...servers, 'root' as const]);
    if (subject === 'root') {
      const status = await callWith(installation, replica, subject);
      if (status === 401 || status === 403) journal.violation(`${replica.name} refuses the root key: ${status}`);
      return;
    }
    const { revoked, epoch } = subject;
    const status = await callWith(installation, replica, subject);
    if (status === undefined) return;
    calls += 1;
    if (revoked && status === 200 && subject.epoch === epoch) {
      journal.violation(`${replica.name} lets ${subject.kind} ${subject.id} in after its confirmed revocation`);
    }
  }

  const judging = (async () => {
    while (!ended.signal.aborted) {
      await judge();
      await delay(PAUSE_MS);
    }
  })();
  return {
    get calls() {
      return calls;
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      await judging;
    },
  };
}
