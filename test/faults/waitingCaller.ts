import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import { mayCall, type KeySubject } from './keySubject.ts';
import type { Random } from './random.ts';
import type { Replica } from './replica.ts';
import type { ServerSubject } from './serverSubject.ts';

type Called = KeySubject | ServerSubject;

/** How long a call may go on that ended before the report: bytes on their way, on a busy machine. */
const LATE_MS = 3_000;
const LOOK_MS = 50;
const PAUSE_MS = 250;
/** How long a caller waits at most when nothing is revoked. */
const PATIENCE_MS = 15_000;

/** How a call ends that a revocation ends. */
const ENDED = /"code":"(key-revoked|server-deleted|server-disabled)"/;

/** A call that only its caller or a gateway ends. @returns how it ended */
async function call(
  { rootKey, waiting }: Installation,
  {
    id,
    url,
    subject,
    isMcp,
    signal,
  }: { id: string; url: string; subject: Called; isMcp: boolean; signal: AbortSignal },
): Promise<string> {
  const wait = { arguments: { call: id } };
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
      body: JSON.stringify(
        isMcp ? { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait', ...wait } } : wait,
      ),
    });
    return `${answer.status} ${(await answer.text()).slice(0, 200)}`;
  } catch (error) {
    return String(error);
  }
}

/** Has calls under way all the time, and sees that each ends when what it needs was revoked and that was confirmed. */
export interface WaitingCaller extends AsyncDisposable {
  /** Calls that a gateway ended because of a revocation. */
  readonly ended: number;
  /** Everything that is let in has a call under way. */
  readonly isReady: boolean;
}

export function startWaitingCaller(installation: Installation, replica: Replica, random: Random): WaitingCaller {
  const { journal, keys, servers, lostStreams, underWay } = installation;
  const over = new AbortController();
  const kept = new Map<Called, Promise<void>>();
  /** The call that is kept for each. */
  const ids = new Map<Called, string>();
  let ended = 0;

  const callable = (): Called[] =>
    [...keys, ...servers].filter((subject) => isCallable(subject) && !lostStreams.has(subject.stream));

  /** One call, until it ends; some callers go away before. */
  async function keep(url: string, subject: Called): Promise<void> {
    const { closings } = subject;
    const isMcp = random.chance(0.5);
    const id = randomUUID();
    ids.set(subject, id);
    const hangUp = new AbortController();
    let answer: string | undefined;
    const signal = AbortSignal.any([hangUp.signal, over.signal]);
    const calling = call(installation, { id, url, subject, isMcp, signal }).then((text) => (answer = text));
    const leaveAt = performance.now() + random.below(PATIENCE_MS);
    let closedSince: number | undefined;
    while (answer === undefined) {
      await delay(LOOK_MS);
      const now = performance.now();
      const isClosed = subject.closings > closings;
      if (!isClosed && now > leaveAt) break;
      // A process that stands still ends nothing, and lets nothing through.
      // One that the gateway has not let through, since it waits for its own database, is nobody's yet.
      if (!isClosed || replica.isPaused || !underWay.has(id)) closedSince = undefined;
      else if (now - (closedSince ??= now) > LATE_MS) {
        const face = isMcp ? 'MCP' : 'REST';
        journal.violation(`${replica.name}: a call over ${face} outlives the end of ${subject.kind} ${subject.id}`);
        break;
      }
    }
    hangUp.abort();
    if (ENDED.test(await calling)) ended += 1;
  }

  const calling = (async () => {
    while (!over.signal.aborted) {
      const { url } = replica;
      for (const subject of callable()) {
        if (url === undefined || kept.has(subject)) continue;
        const forget = () => kept.delete(subject);
        kept.set(subject, keep(url, subject).finally(forget));
      }
      await delay(PAUSE_MS);
    }
    await Promise.all(kept.values());
  })();
  return {
    get ended() {
      return ended;
    },
    get isReady() {
      return callable().every((subject) => underWay.has(ids.get(subject) ?? ''));
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await calling;
    },
  };
}

function isCallable(subject: Called): boolean {
  return subject.kind === 'key'
    ? subject.states.some(mayCall)
    : subject.states.some(({ status }) => status === 'enabled');
}
