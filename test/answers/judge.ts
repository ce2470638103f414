import { isDeepStrictEqual } from 'node:util';
import { isLost, type AnswerCase } from './answerCase.ts';
import { causesOf } from './causes.ts';
import { documentedDifferences } from './documentedDifferences.ts';
import { isStreamAnswer } from './mediaType.ts';
import type { MessageOutcome } from './messageClient.ts';
import type { Fate, Outcome } from './outcome.ts';

/** A rule that an exchange broke, and how. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

/** Compares what a client got through the gateway with what it got directly. */
export function judge(of: AnswerCase, direct: Outcome, gateway: Outcome): Violation[] {
  const found: Violation[] = [];
  const broken = (rule: string, detail: string) => void found.push({ rule, detail });
  if (gateway.status === 0 && !(of.kind === 'get' || of.kind === 'delete')) broken('no HTTP answer', shown(of, direct));
  if (gateway.repeated.length > 0) broken('one id, two answers', [...gateway.fates.values()].map(brief).join(', '));
  if (gateway.strangers > direct.strangers) broken('an answer to nothing', '');
  for (const [id, fate] of gateway.fates) {
    const before = direct.fates.get(id)!;
    if (documentedDifferences.some((difference) => difference.explains(of, before, fate))) continue;
    const difference = compare(of, before, fate, { direct, gateway });
    if (difference !== undefined) found.push(difference);
  }
  if (direct.fates.size > 0) {
    const answered = [...direct.fates.values()].every(({ is }) => is === 'result');
    const sameWay = answered && !isDeepStrictEqual(direct.notifications, gateway.notifications);
    if (sameWay) broken('notifications lost', `${direct.notifications.length} became ${gateway.notifications.length}`);
  }
  if (of.kind === 'notification' || of.kind === 'response') found.push(...judgeAcceptance(of, direct, gateway));
  if (of.kind === 'get') found.push(...judgeStream(of, direct, gateway));
  if (of.kind === 'delete') found.push(...judgeEnd(of, direct, gateway));
  return found;
}

function compare(
  of: AnswerCase,
  direct: Fate,
  gateway: Fate,
  whole: { direct: Outcome; gateway: Outcome },
): Violation | undefined {
  const rule = (name: string): Violation => ({ rule: name, detail: `${brief(direct)} became ${brief(gateway)}` });
  switch (direct.is) {
    case 'result':
      return gateway.is === 'result' && isDeepStrictEqual(gateway.value, direct.value)
        ? undefined
        : rule('a result is lost');
    case 'error': {
      const same = gateway.is === 'error' && gateway.code === direct.code && gateway.message === direct.message;
      if (!same) return rule('an error of the server is lost');
      return whole.gateway.status === whole.direct.status
        ? undefined
        : { rule: 'another status', detail: `${whole.direct.status} became ${whole.gateway.status}` };
    }
    case 'session-lost':
      return gateway.is === 'session-lost' ? undefined : rule('a lost session is not told');
    case 'resumable':
      // A silent stream is not broken: who waits for it is told.
      if (of.cut !== 'none' && of.by === 'silence') return judgeFailure(of, direct, gateway, whole.gateway);
      // After a CR a client waits for an LF: directly it may miss the last event.
      return gateway.is === 'resumable' && (gateway.after === direct.after || of.style.lineEnd === '\r')
        ? undefined
        : rule('a stream can’t be resumed');
    case 'failure':
      return judgeFailure(of, direct, gateway, whole.gateway);
  }
}

function judgeFailure(of: AnswerCase, direct: Fate, gateway: Fate, { status }: Outcome): Violation | undefined {
  const causes = causesOf(of);
  const detail = `${brief(gateway)} (HTTP ${status}), not ${causes.join(' or ')}`;
  if (gateway.is === 'session-lost')
    return causes.includes('session-not-found') ? undefined : { rule: 'a wrong cause', detail };
  if (gateway.is === 'result')
    return { rule: 'a failure became a result', detail: `${brief(direct)} became ${brief(gateway)}` };
  if (gateway.is !== 'error') return { rule: 'an id without an answer', detail };
  if (gateway.reason === undefined || !causes.includes(gateway.reason)) return { rule: 'a wrong cause', detail };
  return undefined;
}

/** An accepted notification or response is 202 without a body (MCP 2025-11-25, basic/transports). */
function judgeAcceptance(of: AnswerCase, direct: Outcome, gateway: Outcome): Violation[] {
  const taken = direct.status >= 200 && direct.status < 300;
  const detail = `${direct.status} became ${gateway.status}${gateway.hasBody ? ' with a body' : ''}`;
  const isFollowable = !of.redirects.some(({ to }) => to === 'other-origin');
  if (taken && isFollowable) return gateway.status === 202 && !gateway.hasBody ? [] : [{ rule: 'no 202', detail }];
  // It was sent again, and taken or refused.
  const isResent = isLost(of.before) && (gateway.status === 202 || (direct.status === 0 && gateway.status >= 300));
  if (isResent) return [];
  // A narrowed key's notification may be one that a server of tools alone does not know.
  if (of.key === 'narrowed' && gateway.status === 202) return [];
  // That there is no answer at all has been told.
  if (gateway.status === 0) return [];
  if (gateway.status < 300) return [{ rule: 'a refusal became a 202', detail }];
  return judgeRefusal(of, direct, gateway);
}

/** What a refusal says, where no request is there to have an answer. */
function judgeRefusal(of: AnswerCase, direct: Outcome, gateway: Outcome): Violation[] {
  const { general, status } = gateway;
  const causes = causesOf(of);
  if (general?.is === 'error' && general.reason !== undefined) {
    if (causes.includes(general.reason)) return [];
    return [{ rule: 'a wrong cause', detail: `${brief(general)} (HTTP ${status}), not ${causes.join(' or ')}` }];
  }
  return status === direct.status ? [] : [{ rule: 'another status', detail: `${direct.status} became ${status}` }];
}

function judgeStream(of: AnswerCase, direct: Outcome, gateway: Outcome): Violation[] {
  const detail = `${shown(of, direct)} became ${shown(of, gateway)}`;
  const isStream = isStreamAnswer(direct.status, direct.type);
  if (isStream && !of.redirects.some(({ to }) => to === 'other-origin')) {
    // A client that leaves a silent stream may leave before the id of an event without data.
    const sameEnd = of.by === 'silence' || direct.lastEventId === gateway.lastEventId;
    const same = isDeepStrictEqual(direct.notifications, gateway.notifications) && sameEnd;
    // When the connection breaks, a client's decoder may be torn down with events that it has not handed out yet.
    const isTornDown = of.coding !== 'none' && of.cut !== 'none';
    const begun = gateway.notifications.slice(0, direct.notifications.length);
    const isMore = isTornDown && isDeepStrictEqual(direct.notifications, begun);
    return same || isMore ? [] : [{ rule: 'events lost', detail }];
  }
  if (gateway.status === 200 && gateway.type === 'text/event-stream')
    return [{ rule: 'a failure became a stream', detail }];
  // "Not offered" (MCP 2025-11-25, basic/transports, Listening for Messages from the Server).
  const notOffered = direct.status === 405 || (!of.session && [400, 404, 406].includes(direct.status));
  if (notOffered) return gateway.status === 405 ? [] : [{ rule: 'no 405', detail }];
  // Servers without a stream refuse it in other ways, too, of which clients die: docs/adr/0020.
  const causes = causesOf(of);
  const isRefused = direct.status >= 400 && causes.includes('upstream-not-mcp');
  const mayBeNotOffered = isRefused || causes.includes('upstream-redirect');
  if (gateway.status === 405 && (mayBeNotOffered || direct.status === 501)) return [];
  if (direct.status === 404) return gateway.status === 404 ? [] : [{ rule: 'a lost session is not told', detail }];
  return direct.status >= 300 ? judgeRefusal(of, direct, gateway) : [];
}

function judgeEnd(of: AnswerCase, direct: Outcome, gateway: Outcome): Violation[] {
  const detail = `${shown(of, direct)} became ${shown(of, gateway)}`;
  if (of.redirects.length > 0 || direct.status === 0) return [];
  if (direct.status < 300)
    return gateway.status >= 200 && gateway.status < 300 ? [] : [{ rule: 'an end is lost', detail }];
  if (direct.status === 404 || direct.status === 405)
    return gateway.status === direct.status ? [] : [{ rule: 'another status', detail }];
  return gateway.status >= 300 ? [] : [{ rule: 'a refusal became an end', detail }];
}

/** Compares the two ways in which the gateway itself speaks to servers. */
export function judgeStacks(bytes: Outcome, messages: MessageOutcome): Violation[] {
  const fate = [...bytes.fates.values()][0]!;
  if (fate.is === 'resumable') return [];
  const detail = `bytes: ${brief(fate)}, messages: ${briefMessage(messages)}`;
  const differ = [{ rule: 'the stacks disagree', detail }];
  switch (messages.is) {
    case 'result':
      return fate.is === 'result' && isDeepStrictEqual(fate.value, messages.value) ? [] : differ;
    case 'rpc-error':
      if (fate.is === 'session-lost') return fate.code === messages.code ? [] : differ;
      return fate.is === 'error' && fate.reason === undefined && fate.code === messages.code ? [] : differ;
    case 'error': {
      if (messages.reason === 'upstream-session-lost') return fate.is === 'session-lost' ? [] : differ;
      if (fate.is !== 'error' || fate.reason !== messages.reason) return differ;
      const names = (data: unknown) =>
        Object.keys(data ?? {})
          .filter((name) => name !== 'code')
          .sort()
          .join(' ');
      const same = fate.reason !== 'upstream-timeout' || names(fate.data) === names(messages.data);
      return same
        ? []
        : [{ rule: 'time-outs with different data', detail: `${names(fate.data)}; ${names(messages.data)}` }];
    }
    case 'other':
      return differ;
  }
}

function brief(fate: Fate): string {
  if (fate.is === 'error') return `error ${fate.reason ?? fate.code}`;
  return fate.is;
}

function briefMessage(outcome: MessageOutcome): string {
  if (outcome.is === 'error') return `error ${outcome.reason}`;
  if (outcome.is === 'rpc-error') return `error ${outcome.code}`;
  return outcome.is === 'other' ? String(outcome.error) : outcome.is;
}

function shown(of: AnswerCase, { status, notifications, general, ending }: Outcome): string {
  const stream = of.kind === 'get' ? ` with ${notifications.length} events, ${ending}` : '';
  return `${status}${stream}${general === undefined ? '' : ` ${brief(general)}`}`;
}
