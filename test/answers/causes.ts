import { isLost, type AnswerCase } from './answerCase.ts';
import { isJsonType, mediaTypeOf, WITHOUT_ANSWER } from './mediaType.ts';

/** Codes of the gateway by which it may say what is really wrong with an answer. */
export function causesOf(of: AnswerCase): readonly string[] {
  // The clock is put forward for a server that falls silent, and on a busy machine that may come before anything else has.
  const late = of.by === 'silence' ? ['upstream-timeout'] : [];
  return [...(isLost(of.before) ? ['upstream-reset'] : []), ...causesOfAnswer(of), ...late];
}

function causesOfAnswer(of: AnswerCase): readonly string[] {
  if (of.redirects.some((redirect) => !isFollowed(of, redirect))) return ['upstream-redirect'];
  if (of.by === 'silence' && of.cut !== 'none') return ['upstream-timeout', ...whyByItsHead(of)];
  // With half a head it is a matter of taste whether the answer had begun; that it is not HTTP would be false.
  if (of.cut === 'before-head') return ['upstream-reset'];
  if (of.cut === 'in-head') return ['upstream-reset', 'upstream-truncated'];
  const cut = of.cut === 'none' ? [] : ['upstream-truncated'];
  if (isRefusal(of)) return [...refusalsOf(of), ...cut];
  return isReadable(of) && of.cut !== 'none' ? cut : [...whyUnreadable(of), ...cut];
}

/** 307 and 308 keep the message; the others do for GET (RFC 9110, 15.4). Credentials do not go to another origin. */
function isFollowed({ kind }: AnswerCase, { status, to }: AnswerCase['redirects'][number]): boolean {
  return (
    (status === 307 || status === 308 || kind === 'get') && to !== 'other-origin' && to !== 'loop' && to !== 'nowhere'
  );
}

function isRefusal({ status }: AnswerCase): boolean {
  return status >= 300;
}

function refusalsOf({ status, session, payload }: AnswerCase): string[] {
  if (status < 400) return ['upstream-redirect', 'upstream-not-mcp'];
  if (status === 401 || status === 403 || status === 407) return ['upstream-unauthorized'];
  if (status === 404 && session)
    return payload === 'method-not-found' ? ['session-not-found', 'upstream-not-mcp'] : ['session-not-found'];
  // They say nothing about the server but that it can't answer now.
  if (status >= 500 || status === 408 || status === 425 || status === 429) return ['upstream-error'];
  return ['upstream-not-mcp'];
}

/** Tells whether the head alone makes an answer unusable. */
export function isDecidedByHead(of: AnswerCase): boolean {
  return whyByItsHead(of).length > 0;
}

/** What the head alone tells of an answer that does not go on. */
function whyByItsHead(of: AnswerCase): string[] {
  if (of.cut === 'before-head' || of.cut === 'in-head') return [];
  if (isRefusal(of)) return refusalsOf(of);
  return isReadable(of) ? [] : whyUnreadable(of);
}

/** The type and the coding promise a message, and so it is only cut. */
function isReadable({ contentType, body, coding, payload, status }: AnswerCase): boolean {
  const type = mediaTypeOf(contentType);
  return (
    (body === 'sse' ? type === 'text/event-stream' : isJsonType(type)) &&
    !['other', 'false-gzip'].includes(coding) &&
    !['html', 'empty', 'other-json', 'other-id', 'half'].includes(payload) &&
    !WITHOUT_ANSWER.has(status)
  );
}

/** A document or a stream that ends early without saying so can be taken for either. */
function whyUnreadable({ payload, body, coding, contentType }: AnswerCase): string[] {
  const isStream = body === 'sse' || mediaTypeOf(contentType) === 'text/event-stream';
  const mayLookCut = ['half', 'empty', 'html'].includes(payload) || isStream || coding === 'false-gzip';
  return mayLookCut ? ['upstream-not-mcp', 'upstream-truncated'] : ['upstream-not-mcp'];
}
