import { Agent } from 'undici';
import { errorKindOf } from '../../src/usage/errorKind.ts';
import type { TestGateway } from '../proxy/gateway.ts';
import type { AnswerCase } from './answerCase.ts';
import { isDecidedByHead } from './causes.ts';
import type { Violation } from './judge.ts';
import { isStreamAnswer } from './mediaType.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { followingQuestion, questionFor } from './question.ts';
import type { Observed } from './strictClient.ts';
import { happens, within } from './waiting.ts';
import { isAnswer, isEmpty, precede, send, type World } from './world.ts';

/** Longer than the server may be silent, in milliseconds of the gateway's clock. */
const SILENCE_MS = 1_000;
const TIMEOUTS = { connectMs: 5_000, idleMs: SILENCE_MS, totalMs: 60_000 };

const NOTHING: Observed = {
  status: 0,
  type: '',
  sessionId: undefined,
  messages: [],
  unreadable: 0,
  bytes: 0,
  ending: 'broken',
  lastEventId: '',
};

let number = 0;

/**
 * Asks the question of a case through the gateway, and looks at what the gateway keeps of it.
 * @param direct what a client gets of a server that falls silent
 */
export async function runThroughGateway(
  { server, gateway }: World,
  of: AnswerCase,
  direct: Outcome,
): Promise<{ outcome: Outcome; violations: Violation[] }> {
  const violations: Violation[] = [];
  const broken = (rule: string, detail = '') => void violations.push({ rule, detail });
  const { url, seen } = server.open(of);
  const name = `c${++number}`;
  gateway.servers.set(name, url, { timeouts: TIMEOUTS });
  const token = of.key === 'whole' ? 'good' : `narrowed to ${name}`;
  if (of.key === 'narrowed') gateway.keys.add(token, { grants: [`${name}:*`] });
  const dispatcher = new Agent();
  const place = { url: `${gateway.url}/mcp/${name}`, dispatcher, headers: { authorization: `Bearer ${token}` } };
  try {
    const session = await precede(of, place, seen);
    const sent = questionFor(of);
    gateway.events.length = 0;
    const leaving = new AbortController();
    const progress: Progress = { hasHead: false, answers: 0, messages: 0, isOver: false };
    const asking = send(place, sent, session, {
      signal: leaving.signal,
      onHead: () => (progress.hasHead = true),
      onMessage(message) {
        progress.messages++;
        if (isAnswer(message)) progress.answers++;
      },
    }).finally(() => (progress.isOver = true));
    if (of.by === 'silence') {
      await Promise.race([seen.answered, asking]);
      await passSilence(of, gateway, direct, progress, broken);
      if (of.kind === 'get') leaving.abort();
    }
    const observed = await within(asking);
    if (observed === undefined) broken('it hangs', 'the client');
    leaving.abort();
    const outcome = outcomeOf(of, sent.ids, observed ?? NOTHING);
    if (of.method === 'tools/call' && of.kind === 'request' && seen.questions > 1) broken('a tool is called twice');
    if (!(await happens(() => isEmpty(gateway)))) broken('a call stays in the register');
    const [event] = gateway.events;
    const isOffer = (of.kind === 'get' || of.kind === 'delete') && outcome.status === 405;
    if (isOffer && event !== undefined && errorKindOf(event) !== undefined) {
      broken('“not offered” counts as a failure', event.outcome);
    }
    if (![...outcome.fates.values()].some(({ is }) => is === 'session-lost')) {
      const after = followingQuestion(of);
      const next = outcomeOf(
        { ...of, session: false },
        after.ids,
        (await within(send(place, after, session))) ?? NOTHING,
      );
      const fate = next.fates.get(after.ids[0]!)!;
      if (fate.is !== 'result') broken('the next request fails', fate.is === 'error' ? String(fate.reason) : fate.is);
    }
    if (seen.cancelled > 0 && isAnswered(direct)) broken('a finished call is cancelled');
    return { outcome, violations };
  } finally {
    await dispatcher.destroy();
    gateway.servers.remove(name);
    if (!(await happens(() => seen.connections.size === 0))) broken('a connection stays open');
  }
}

/** How far a client has come. */
interface Progress {
  hasHead: boolean;
  answers: number;
  messages: number;
  isOver: boolean;
}

/** How long what should be over at once is waited for before time passes, in milliseconds. */
const AT_ONCE_MS = 500;

/**
 * Waits until a client has what the server has sent, then lets time pass until the client is told that there is no more. A
 * call that has its answer is over before that.
 */
async function passSilence(
  of: AnswerCase,
  gateway: TestGateway,
  direct: Outcome,
  progress: Progress,
  broken: (rule: string) => void,
): Promise<void> {
  if (direct.fates.size === 0 && isStreamAnswer(direct.status, direct.type)) {
    await happens(() => progress.isOver || (progress.hasHead && progress.messages >= direct.notifications.length));
    return;
  }
  const answered = [...direct.fates.values()].filter(isOfServer).length;
  await happens(() => progress.isOver || progress.answers >= answered);
  if (isAnswered(direct) && !(await happens(() => gateway.register.size === 0, AT_ONCE_MS))) {
    broken('an answered call fills its place');
  }
  // What needs no answer is over with the head.
  if (direct.fates.size === 0) await happens(() => progress.isOver, AT_ONCE_MS);
  // Nor does it wait for what the head has decided.
  if (isDecidedByHead(of)) await happens(() => progress.isOver, AT_ONCE_MS);
  for (let round = 0; round < 40 && !progress.isOver; round++) {
    gateway.advance(SILENCE_MS);
    await happens(() => progress.isOver, 12);
  }
}

function isAnswered({ fates }: Outcome): boolean {
  return fates.size > 0 && [...fates.values()].every(isOfServer);
}

function isOfServer({ is }: { readonly is: string }): boolean {
  return is === 'result' || is === 'error';
}
