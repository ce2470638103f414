import { Agent } from 'undici';
import { errorKindOf } from '../../src/usage/errorKind.ts';
import { until } from '../proxy/client.ts';
import type { TestGateway } from '../proxy/gateway.ts';
import { isLost, type AnswerCase } from './answerCase.ts';
import type { AnswerServer, Seen } from './answerServer.ts';
import { judge, judgeStacks, type Violation } from './judge.ts';
import { askAsMessages } from './messageClient.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { followingQuestion, precedingQuestion, questionFor, type Sent } from './question.ts';
import { ask, type Observed, type Question } from './strictClient.ts';
import { happens, PATIENCE_MS, within } from './waiting.ts';

export interface World {
  readonly server: AnswerServer;
  readonly gateway: TestGateway;
}

/** Longer than the server may be silent, in milliseconds of the gateway's clock. */
const SILENCE_MS = 1_000;
const TIMEOUTS = { connectMs: 5_000, idleMs: SILENCE_MS, totalMs: 60_000 };

let number = 0;

/** Runs a case directly, through the gateway's byte lane and with its own client, and returns the rules that were broken. */
export async function runCase({ server, gateway }: World, of: AnswerCase): Promise<Violation[]> {
  // What may be repeated must come out as if its connection had not been lost (RFC 9110, 9.2.2).
  const expected: AnswerCase = isLost(of.before) && isSafe(of) ? { ...of, before: 'used' } : of;
  const direct = await runDirectly(server, expected);
  const { outcome, violations } = await runThroughGateway(server, gateway, of);
  const found = [...violations, ...judge(expected, direct, outcome)];
  // A stream that can be taken up again is taken up by the gateway's own client, and by others themselves.
  const isResumable = [...direct.fates.values()].some(({ is }) => is === 'resumable');
  if (of.kind === 'request' && !isLost(of.before) && !isResumable) {
    const messages = await within(askAsMessages(of, server.open(of).url));
    found.push(...(messages === undefined ? [HANGS] : judgeStacks(outcome, messages)));
  }
  return found;
}

function isSafe({ kind, method }: AnswerCase): boolean {
  return kind === 'get' || kind === 'delete' || (kind === 'request' && method === 'tools/list');
}

const HANGS: Violation = { rule: 'it hangs', detail: 'the gateway’s own client' };

/** Asks the question of a case without the gateway. */
export async function runDirectly(server: AnswerServer, of: AnswerCase): Promise<Outcome> {
  const { url, seen } = server.open(of);
  // One connection, so that the question goes over the one that the case describes.
  const dispatcher = new Agent({ connections: 1 });
  const leaving = new AbortController();
  try {
    const send = (sent: Sent, session?: string, more: Partial<Question> = {}) =>
      ask({ ...questionTo(url, sent, session, dispatcher), ...more });
    const session = await precede(of, seen, send);
    const sent = questionFor(of);
    let answered = 0;
    const onMessage = (message: unknown) => {
      if (isAnswer(message) && ++answered === sent.ids.length) leaving.abort();
    };
    const timer = setTimeout(() => leaving.abort(), PATIENCE_MS);
    const asking = send(sent, session, {
      signal: leaving.signal,
      onMessage: of.by === 'silence' ? onMessage : () => undefined,
    });
    if (of.by === 'silence') void seen.answered.then(() => setTimeout(() => leaving.abort(), 30));
    const observed = await asking;
    clearTimeout(timer);
    return outcomeOf(of, sent.ids, observed);
  } finally {
    await dispatcher.destroy();
  }
}

async function runThroughGateway(
  server: AnswerServer,
  gateway: TestGateway,
  of: AnswerCase,
): Promise<{ outcome: Outcome; violations: Violation[] }> {
  const violations: Violation[] = [];
  const broken = (rule: string, detail: string) => void violations.push({ rule, detail });
  const { url, seen } = server.open(of);
  const name = `c${++number}`;
  gateway.servers.set(name, url, { timeouts: TIMEOUTS });
  const token = of.key === 'whole' ? 'good' : `narrowed to ${name}`;
  if (of.key === 'narrowed') gateway.keys.add(token, { grants: [`${name}:*`] });
  const dispatcher = new Agent();
  const send = (sent: Sent, session?: string, more: Partial<Question> = {}) =>
    ask({
      ...questionTo(`${gateway.url}/mcp/${name}`, sent, session, dispatcher, { authorization: `Bearer ${token}` }),
      ...more,
    });
  try {
    const session = await precede(of, seen, send);
    const sent = questionFor(of);
    gateway.events.length = 0;
    const leaving = new AbortController();
    let answered = 0;
    let ended = false;
    const onMessage = (message: unknown) => void (isAnswer(message) && answered++);
    const asking = send(sent, session, { signal: leaving.signal, onMessage }).finally(() => (ended = true));
    if (of.by === 'silence') {
      await Promise.race([seen.answered, asking]);
      if (of.kind === 'get') setTimeout(() => leaving.abort(), 30);
      await passSilence(gateway, {
        isOver: () => ended,
        hasAnswer: () => sent.ids.length > 0 && answered >= sent.ids.length,
        broken,
      });
      if (seen.cancelled > 0 && answered > 0) broken('a finished call is cancelled', '');
    }
    const observed = await within(asking);
    if (observed === undefined) broken('it hangs', 'the client');
    leaving.abort();
    const outcome = outcomeOf(of, sent.ids, observed ?? NOTHING);
    if (of.method === 'tools/call' && of.kind === 'request' && seen.questions > 1) broken('a tool is called twice', '');
    if (!(await happens(() => isEmpty(gateway)))) broken('a call stays in the register', '');
    const [event] = gateway.events;
    const isOffer = (of.kind === 'get' || of.kind === 'delete') && outcome.status === 405;
    if (isOffer && event !== undefined && errorKindOf(event) !== undefined)
      broken('“not offered” counts as a failure', event.outcome);
    if (![...outcome.fates.values()].some(({ is }) => is === 'session-lost')) {
      const after = followingQuestion(of);
      const next = outcomeOf({ ...of, session: false }, after.ids, (await within(send(after, session))) ?? NOTHING);
      const fate = next.fates.get(after.ids[0]!)!;
      if (fate.is !== 'result')
        broken('the next request fails', `${fate.is} ${fate.is === 'error' ? String(fate.reason) : ''}`);
    }
    return { outcome, violations };
  } finally {
    await dispatcher.destroy();
    gateway.servers.remove(name);
    if (!(await happens(() => seen.connections.size === 0))) broken('a connection stays open', '');
  }
}

/** Nothing is under way in the gateway, and it holds nothing for it. */
export function isEmpty({ register }: TestGateway): boolean {
  return register.size === 0 && register.bodyBytes === 0;
}

/** Lets time pass until a client that waits for a silent server is told; one that has its answer waits for nothing. */
async function passSilence(
  gateway: TestGateway,
  {
    isOver,
    hasAnswer,
    broken,
  }: { isOver: () => boolean; hasAnswer: () => boolean; broken: (rule: string, detail: string) => void },
): Promise<void> {
  const answered = await happens(() => isOver() || hasAnswer(), 60);
  if (answered && !isOver() && !(await happens(() => gateway.register.size === 0, 300))) {
    broken('an answered call fills its place', '');
  }
  for (let round = 0; round < 40 && !isOver(); round++) {
    gateway.advance(SILENCE_MS);
    await happens(isOver, 12);
  }
}

/** Makes the connection what the case says of it before the question, and returns the session of the client. */
async function precede(
  of: AnswerCase,
  seen: Seen,
  send: (sent: Sent) => Promise<Observed>,
): Promise<string | undefined> {
  if (of.before === 'fresh' && !of.session) return undefined;
  const { sessionId } = await send(precedingQuestion(of));
  // Else it is a matter of luck whether the end is noticed before the question.
  if (of.before === 'closed') await until(() => seen.connections.size === 0, 'the connection is closed');
  return sessionId;
}

function questionTo(
  url: string,
  { verb, headers, body }: Sent,
  session: string | undefined,
  dispatcher: Agent,
  credentials: Readonly<Record<string, string>> = {},
): Question {
  const named = session === undefined ? {} : { 'mcp-session-id': session };
  return {
    url,
    verb,
    body,
    dispatcher,
    headers: { ...headers, ...credentials, ...named },
    signal: AbortSignal.timeout(PATIENCE_MS),
  };
}

const NOTHING: Observed = {
  ...{
    status: 0,
    type: '',
    sessionId: undefined,
    messages: [],
    unreadable: 0,
    bytes: 0,
    ending: 'broken',
    lastEventId: '',
  },
};

function isAnswer(message: unknown): boolean {
  return typeof message === 'object' && message !== null && ('result' in message || 'error' in message);
}
