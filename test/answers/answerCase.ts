/** What a client sends: the messages of MCP by their kind, and the other verbs of Streamable HTTP. */
export type Kind = 'request' | 'notification' | 'response' | 'batch' | 'get' | 'delete';

/** How event streams may be written and still be the same (WHATWG HTML, 9.2.5 and 9.2.6). */
export interface EventStyle {
  readonly lineEnd: '\n' | '\r' | '\r\n';
  /** The data of an event stands on several lines. */
  readonly multiLine: boolean;
  readonly commentFirst: boolean;
  readonly retryFirst: boolean;
  /** An event without data that carries an id alone. */
  readonly primed: boolean;
  readonly ids: 'none' | 'before-data' | 'after-data';
  readonly name: 'none' | 'message' | 'other';
  /** A notification precedes the answer. */
  readonly notificationFirst: boolean;
  /** The answer comes a second time, as from a server that replays. */
  readonly twice: boolean;
}

/** An HTTP redirect before the answer; `loop` leads back to itself, `nowhere` names no place. */
export interface Redirect {
  readonly status: number;
  readonly to: 'relative' | 'path' | 'absolute' | 'other-origin' | 'loop' | 'nowhere';
}

/** One exchange: what the client asks, and every property of what the server sends back. */
export interface AnswerCase {
  readonly kind: Kind;
  readonly era: 'legacy' | 'modern';
  /** The exchange belongs to a session. Legacy only. */
  readonly session: boolean;
  /** What the key may use: every tool, or those that match a pattern, so that the gateway has to look into the messages. */
  readonly key: 'whole' | 'narrowed';
  /** Of a request: one that is safe to repeat, or one that is not. */
  readonly method: 'tools/list' | 'tools/call';
  readonly status: number;
  readonly contentType: string | null;
  readonly payload:
    | 'result'
    | 'error'
    | 'null-id-error'
    | 'method-not-found'
    | 'lost-session'
    | 'other-id'
    | 'other-json'
    | 'half'
    | 'html'
    | 'empty';
  readonly body: 'json' | 'sse';
  readonly style: EventStyle;
  readonly framing: 'length' | 'chunked' | 'close';
  /** How the bytes arrive: in one piece, the head first, or a few bytes at a time. */
  readonly pieces: 'whole' | 'head-first' | 'small';
  readonly bom: boolean;
  /** `other` changes the bytes in a way that nobody knows, `mislabelled` names a coding and uses none. */
  readonly coding:
    'none' | 'identity' | 'gzip' | 'GZIP' | 'x-gzip' | 'br' | 'deflate' | 'other' | 'mislabelled' | 'false-gzip';
  /** Where the answer stops. */
  readonly cut:
    | 'none'
    | 'before-head'
    | 'in-head'
    | 'after-head'
    | 'in-body'
    | 'before-answer'
    | 'before-blank-line'
    | 'after-body';
  /** How it stops there. */
  readonly by: 'fin' | 'rst' | 'silence';
  readonly redirects: readonly Redirect[];
  /** What became of the connection before: there is none, it is used, it was closed, or it ends when it is used again. */
  readonly before: 'fresh' | 'used' | 'closed' | 'reset-on-reuse' | 'closed-on-reuse';
  /** What becomes of it after the answer. */
  readonly after: 'kept' | 'announced-close' | 'unannounced-close';
}

const PLAIN_STYLE: EventStyle = {
  lineEnd: '\n',
  multiLine: false,
  commentFirst: false,
  retryFirst: false,
  primed: false,
  ids: 'none',
  name: 'message',
  notificationFirst: false,
  twice: false,
};

const PLAIN: AnswerCase = {
  kind: 'request',
  era: 'legacy',
  session: false,
  key: 'whole',
  method: 'tools/list',
  status: 200,
  contentType: 'application/json',
  payload: 'result',
  body: 'json',
  style: PLAIN_STYLE,
  framing: 'length',
  pieces: 'whole',
  bom: false,
  coding: 'none',
  cut: 'none',
  by: 'fin',
  redirects: [],
  before: 'fresh',
  after: 'kept',
};

/** The exchange of a kind as the specification has it, with nothing special about it. */
export function plainCase(kind: Kind): AnswerCase {
  switch (kind) {
    case 'request':
    case 'batch':
      return { ...PLAIN, kind };
    case 'notification':
    case 'response':
      return { ...PLAIN, kind, status: 202, contentType: null, payload: 'empty' };
    case 'get':
      return { ...PLAIN, kind, contentType: 'text/event-stream', body: 'sse', framing: 'chunked' };
    case 'delete':
      return { ...PLAIN, kind, session: true, contentType: null, payload: 'empty' };
  }
}

/** The connection of the question is lost under it, and another one is answered. */
export function isLost(before: AnswerCase['before']): boolean {
  return before === 'reset-on-reuse' || before === 'closed-on-reuse';
}

/** A case by what is special about it, as it is kept. */
export type CaseDifference = Partial<Omit<AnswerCase, 'style'>> & { readonly style?: Partial<EventStyle> };

/** Makes a whole case of what is special about it. */
export function caseOf(difference: CaseDifference): AnswerCase {
  const plain = plainCase(difference.kind ?? 'request');
  return { ...plain, ...difference, style: { ...plain.style, ...difference.style } };
}

/** Finds what is special about a case. */
export function differenceOf(whole: AnswerCase): CaseDifference {
  const plain = plainCase(whole.kind);
  const { style, ...rest } = whole;
  const { style: plainStyle, ...plainRest } = plain;
  const changed = differences(rest, plainRest);
  const changedStyle = differences(style, plainStyle);
  return {
    ...(whole.kind !== 'request' && { kind: whole.kind }),
    ...changed,
    ...(Object.keys(changedStyle).length > 0 && { style: changedStyle }),
  };
}

function differences<T extends object>(value: T, plain: T): Partial<T> {
  const entries = Object.entries(value).filter(
    ([name, member]) => JSON.stringify(member) !== JSON.stringify(plain[name as keyof T]),
  );
  return Object.fromEntries(entries) as Partial<T>;
}
