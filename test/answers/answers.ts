import type { Random } from '../faults/random.ts';
import { caseOf, plainCase, type AnswerCase, type EventStyle, type Kind, type Redirect } from './answerCase.ts';

const KINDS: readonly Kind[] = [
  ...Array<Kind>(12).fill('request'),
  ...(['notification', 'notification', 'response', 'batch', 'get', 'get', 'delete'] as const),
];
const ACCEPTED = [200, 200, 200, 200, 201, 203, 206] as const;
const BODILESS = [202, 204] as const;
const REFUSED = [
  400, 401, 403, 404, 404, 404, 405, 406, 407, 408, 409, 410, 413, 415, 422, 425, 426, 429, 451,
] as const;
const FAILED = [500, 501, 502, 503, 504, 507, 511, 520, 599] as const;
const JSON_TYPES = [
  'application/json; charset=utf-8',
  'Application/JSON',
  'application/json;charset="UTF-8"',
  'application/json ;x=y',
];
const SSE_TYPES = ['text/event-stream;charset=utf-8', 'TEXT/Event-Stream', 'text/event-stream ; charset=UTF-8'];
const OTHER_TYPES = [
  null,
  '',
  'text/html',
  'text/plain; charset=utf-8',
  'application/problem+json',
  'application/jsonl',
  'json',
];
const CODINGS = ['identity', 'gzip', 'GZIP', 'x-gzip', 'br', 'deflate', 'other', 'mislabelled', 'false-gzip'] as const;
const CUTS = [
  'before-head',
  'in-head',
  'after-head',
  'in-body',
  'before-answer',
  'before-blank-line',
  'after-body',
] as const;
const OTHER_PAYLOADS = [
  'error',
  'error',
  'null-id-error',
  'method-not-found',
  'lost-session',
  'other-id',
  'other-json',
  'half',
  'html',
  'empty',
] as const;
const TARGETS = ['relative', 'path', 'absolute', 'other-origin', 'loop', 'nowhere'] as const;

/** Makes the next case. Most of its properties are plain, so that what is special can be seen to be the cause. */
export function randomCase(random: Random): AnswerCase {
  const some = <T, U>(probability: number, plain: T, others: readonly U[]): T | U =>
    random.chance(probability) ? random.pick(others) : plain;
  const kind = random.pick(KINDS);
  const plain = plainCase(kind);
  const carriesAnswer = kind === 'request' || kind === 'batch';
  const body =
    kind === 'get' ? some(0.1, 'sse' as const, ['json'] as const) : random.pick(['json', 'json', 'sse'] as const);
  const status = statusOf(random, plain.status);
  const ownType = body === 'sse' ? 'text/event-stream' : 'application/json';
  const hasBody = carriesAnswer || kind === 'get' || random.chance(0.5);
  const contentType = hasBody
    ? some(0.25, ownType, random.chance(0.6) ? (body === 'sse' ? SSE_TYPES : JSON_TYPES) : OTHER_TYPES)
    : null;
  const cut = some(0.3, 'none' as const, CUTS);
  const redirects = random.chance(0.12) ? randomRedirects(random) : [];
  return possible({
    ...plain,
    era: random.chance(0.3) ? 'modern' : 'legacy',
    session: random.chance(0.5),
    key: some(0.3, 'whole' as const, ['narrowed'] as const),
    method: random.pick(['tools/list', 'tools/call']),
    status,
    contentType,
    payload: hasBody ? some(status >= 300 ? 0.9 : 0.15, 'result' as const, OTHER_PAYLOADS) : 'empty',
    body,
    style: randomStyle(random, body, plain.style),
    framing: random.pick(['length', 'chunked', 'close']),
    pieces: random.pick(['whole', 'whole', 'head-first', 'small']),
    bom: random.chance(0.1),
    coding: some(0.2, 'none' as const, CODINGS),
    cut,
    by: random.pick(['fin', 'fin', 'rst', 'silence']),
    redirects,
    before: some(0.3, 'fresh' as const, ['used', 'closed', 'reset-on-reuse', 'closed-on-reuse'] as const),
    after: some(0.3, 'kept' as const, ['announced-close', 'unannounced-close'] as const),
  });
}

/** Makes the next case for a client that calls a tool. */
export function officialCase(random: Random, { era }: { readonly era: AnswerCase['era'] }): AnswerCase {
  return possible({ ...randomCase(random), era, method: 'tools/call' });
}

/** Takes away what can't be: eras without sessions, statuses without bodies, answers that end twice. */
export function possible(wanted: AnswerCase): AnswerCase {
  const { kind, status } = wanted;
  const legacy = wanted.era === 'legacy' || (kind !== 'request' && kind !== 'notification');
  const bodiless = status === 204 || status === 304;
  const hasBody = !bodiless && wanted.payload !== 'empty';
  const cut = !hasBody && IN_BODY.has(wanted.cut) ? 'none' : wanted.cut;
  const whole = caseOf({
    ...wanted,
    era: legacy ? 'legacy' : 'modern',
    session: legacy && (wanted.session || kind === 'delete'),
    method: kind === 'request' ? wanted.method : 'tools/list',
    // Who refuses may not know whom; with a success, an answer to nobody is none.
    ...(wanted.payload === 'null-id-error' && status < 300 && { payload: 'error' }),
    ...(bodiless && { payload: 'empty', framing: 'length' }),
    ...(!hasBody && { coding: 'none', bom: false }),
    cut: bodiless && cut === 'after-body' ? 'none' : cut,
    by: cut === 'none' ? 'fin' : wanted.by,
    after: cut === 'none' ? wanted.after : 'kept',
  });
  return whole.body === 'sse' && hasBody ? whole : { ...whole, style: plainCase(kind).style };
}

const IN_BODY: ReadonlySet<AnswerCase['cut']> = new Set(['in-body', 'before-answer', 'before-blank-line']);

function statusOf(random: Random, plain: number): number {
  if (random.chance(0.55)) return plain;
  return random.pick(random.pick([ACCEPTED, ACCEPTED, BODILESS, REFUSED, REFUSED, FAILED]));
}

function randomStyle(random: Random, body: AnswerCase['body'], plain: EventStyle): EventStyle {
  if (body === 'json') return plain;
  return {
    lineEnd: random.pick(['\n', '\n', '\r', '\r\n']),
    multiLine: random.chance(0.2),
    commentFirst: random.chance(0.2),
    retryFirst: random.chance(0.15),
    primed: random.chance(0.2),
    ids: random.pick(['none', 'none', 'before-data', 'after-data']),
    name: random.pick(['none', 'message', 'message', 'message', 'other']),
    notificationFirst: random.chance(0.4),
    twice: random.chance(0.1),
  };
}

function randomRedirects(random: Random): Redirect[] {
  const length = random.pick([1, 1, 2, 2, 3]);
  return Array.from({ length }, () => ({
    status: random.pick([307, 307, 308, 308, 301, 302, 303]),
    to: random.chance(0.75) ? random.pick(['relative', 'path', 'absolute'] as const) : random.pick(TARGETS),
  }));
}
