import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import type { KeySubject } from './keySubject.ts';
import type { Random } from './random.ts';
import type { Replica } from './replica.ts';
import type { ServerSubject } from './serverSubject.ts';

/** How long a call may go on that ended before the report: bytes on their way, on a busy machine. */
const LATE_MS = 3_000;
const LOOK_MS = 50;
const PAUSE_MS = 100;

const WAIT = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait', arguments: {} } });

/** A call that only its caller or a gateway ends. @returns how it ended */
async function call(
  { rootKey, waiting }: Installation,
  url: string,
  subject: KeySubject | ServerSubject,
  isMcp: boolean,
  signal: AbortSignal,
): Promise<string> {
  const server = subject.kind === 'key' ? waiting : subject.id;
  const headers = {
    'x-api-key': subject.kind === 'key' ? subject.apiKey : rootKey,
    'content-type': 'application/json',
    ...(isMcp && { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' }),
  };
  const path = isMcp ? `/mcp/${server}` : `/api/v1/mcp/servers/${server}/tools/wait/execute`;
  try {
    const answer = await fetch(`${url}${path}`, {
      ...{ method: 'POST', headers, signal },
      body: isMcp ? WAIT : JSON.stringify({ arguments: {} }),
    });
    return `${answer.status} ${(await answer.text()).slice(0, 200)}`;
  } catch (error) {
    return String(error);
  }
}

/** Has calls under way all the time, and sees that each ends when what it needs was revoked and that was confirmed. */
export interface WaitingCaller extends AsyncDisposable {
  /** Calls that a confirmed revocation ended. */
  readonly ended: number;
}

export function startWaitingCaller(installation: Installation, replica: Replica, random: Random): WaitingCaller {
  const { journal, keys, servers } = installation;
  const over = new AbortController();
  let ended = 0;

  async function keepOne(): Promise<void> {
    const subjects = [...keys, ...servers].filter(({ stream }) => !installation.given.has(stream));
    if (subjects.length === 0 || replica.url === undefined) return;
    const subject = random.pick(subjects.slice(-6));
    const { closings } = subject;
    const isMcp = random.chance(0.5);
    const hangUp = new AbortController();
    const isOver = { value: '' };
    const calling = call(installation, replica.url, subject, isMcp, AbortSignal.any([hangUp.signal, over.signal]));
    void calling.then((how) => (isOver.value = how));
    let closedSince: number | undefined;
    // Some callers go away by themselves, so that there are calls of many subjects.
    const patience = performance.now() + 500 + random.below(8_000);
    while (isOver.value === '' && !over.signal.aborted) {
      await delay(LOOK_MS);
      const isClosed = subject.closings > closings;
      if (!isClosed && performance.now() > patience) break;
      // A process that stands still ends nothing, and lets nothing through.
      if (!isClosed || replica.isPaused) closedSince = undefined;
      else if (performance.now() - (closedSince ??= performance.now()) > LATE_MS) {
        const way = isMcp ? 'MCP' : 'REST';
        journal.violation(`${replica.name}: a call over ${way} outlives the closing of ${subject.kind} ${subject.id}`);
        break;
      }
    }
    if (subject.closings > closings && isOver.value !== '') ended += 1;
    hangUp.abort();
    await calling;
  }

  const keeping = (async () => {
    while (!over.signal.aborted) {
      await keepOne();
      await delay(PAUSE_MS);
    }
  })();
  return {
    get ended() {
      return ended;
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await keeping;
    },
  };
}
