import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { STATUS_CODES } from 'node:http';
import type { AnswerCase } from './answerCase.ts';
import { EventStream } from './eventStream.ts';
import { isStreamAnswer, mediaTypeOf } from './mediaType.ts';

export type Id = string | number;

/** What goes onto the connection, in this order; `whole` says that it is a complete HTTP message. */
export interface Wire {
  readonly pieces: readonly Buffer[];
  readonly whole: boolean;
}

const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'working' } };

/** Writes the answer of a case to the requests with these ids as bytes. */
export function wireOf(of: AnswerCase, ids: readonly Id[]): Wire {
  if (of.cut === 'before-head') return { pieces: [], whole: false };
  const whole = encode(of, documentOf(of, ids));
  const sent = of.cut === 'none' || of.cut === 'after-body' ? whole : encode(of, cutDocument(of, ids));
  const head = Buffer.from(headOf(of, whole.length));
  if (of.cut === 'in-head') return { pieces: [head.subarray(0, Math.floor(head.length / 2))], whole: false };
  const body = frame(of, sent);
  const pieces = of.pieces === 'whole' ? [Buffer.concat([head, ...body])] : [head, ...body];
  return { pieces, whole: of.cut === 'none' };
}

/** The result that every case answers with. */
export const RESULT = { content: [{ type: 'text', text: 'größer als eins' }], tools: [], resultType: 'complete' };

/** Counts the messages that a client can read of an answer that is cut; a JSON document that is cut holds none. */
export function deliveredBy(of: AnswerCase, ids: readonly Id[]): number {
  const isStream = isStreamAnswer(of.status, mediaTypeOf(of.contentType));
  if (!isStream || ['before-head', 'in-head'].includes(of.cut) || ['other', 'false-gzip'].includes(of.coding)) return 0;
  const text = of.cut === 'none' || of.cut === 'after-body' ? documentOf(of, ids) : cutDocument(of, ids);
  return new EventStream().push(text).filter(({ type, data }) => type === 'message' && isJson(data)).length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The answers, each as the text of a JSON-RPC message or of what is in its place. */
function answersOf({ payload }: AnswerCase, ids: readonly Id[]): string[] {
  const error = (id: Id | null, code: number, message: string) =>
    JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data: { of: 'the server' } } });
  const result = (id: Id) => JSON.stringify({ jsonrpc: '2.0', id, result: RESULT });
  switch (payload) {
    case 'result':
      return ids.map(result);
    case 'error':
      return ids.map((id) => error(id, -32_602, 'There is no such cursor'));
    case 'null-id-error':
      return [error(null, -32_000, 'Bad Request: no good')];
    case 'method-not-found':
      return ids.map((id) => error(id, -32_601, 'Method not found'));
    case 'lost-session':
      return ids.map((id) => error(id, -32_000, 'Bad Request: No valid session ID provided'));
    case 'other-id':
      return [result('another')];
    case 'other-json':
      return ['{"message":"not for you"}'];
    case 'half':
      return ids.map((id) => result(id).slice(0, -9));
    case 'html':
      return ['<html><body>Welcome</body></html>'];
    case 'empty':
      return [];
  }
}

/** The whole document, and where within it its last answer and the last line of that begin and end. */
interface Document {
  readonly text: string;
  readonly answerAt: number;
  readonly blankLineAt: number;
}

function documentOf(of: AnswerCase, ids: readonly Id[]): string {
  return outline(of, ids).text;
}

function cutDocument(of: AnswerCase, ids: readonly Id[]): string {
  const { text, answerAt, blankLineAt } = outline(of, ids);
  if (of.cut === 'after-head') return '';
  if (of.cut === 'before-answer') return text.slice(0, answerAt);
  if (of.cut === 'before-blank-line') return text.slice(0, blankLineAt);
  return text.slice(0, answerAt + Math.floor((text.length - answerAt) / 2));
}

function outline(of: AnswerCase, ids: readonly Id[]): Document {
  const messages = of.kind === 'get' && of.payload === 'result' ? [JSON.stringify(NOTIFICATION)] : answersOf(of, ids);
  const bom = of.bom ? '\uFEFF' : '';
  if (of.body === 'json') {
    const text = `${bom}${of.kind === 'batch' && messages.length > 1 ? `[${messages.join(',')}]` : messages.join('')}`;
    return { text, answerAt: 0, blankLineAt: Math.max(0, text.length - 1) };
  }
  const { lineEnd, commentFirst, retryFirst, primed, ids: placing, name, notificationFirst } = of.style;
  const lines = (...all: string[]) => all.map((line) => `${line}${lineEnd}`).join('');
  const named = name === 'none' ? [] : [name === 'message' ? 'event: message' : 'event: other'];
  const event = (text: string, number: number) => {
    const id = placing === 'none' ? [] : [`id: e${number}`];
    const data = (of.style.multiLine ? spread(text) : [text]).map((line) => `data: ${line}`);
    return lines(
      ...(placing === 'before-data' ? id : []),
      ...named,
      ...data,
      ...(placing === 'after-data' ? id : []),
      '',
    );
  };
  const opening = [
    bom,
    commentFirst ? lines(': welcome', '') : '',
    retryFirst ? lines('retry: 20', '') : '',
    primed ? lines('id: e0', 'data: ', '') : '',
    notificationFirst && messages.length > 0 ? event(JSON.stringify(NOTIFICATION), 1) : '',
  ];
  const events = messages.map((text, at) => event(text, at + 2));
  const last = (events.pop() ?? '').repeat(of.style.twice ? 2 : 1);
  const before = [...opening, ...events].join('');
  return {
    text: before + last,
    answerAt: before.length,
    blankLineAt: before.length + Math.max(0, last.length - lineEnd.length),
  };
}

function spread(text: string): string[] {
  try {
    return JSON.stringify(JSON.parse(text), null, 1).split('\n');
  } catch {
    return [text];
  }
}

function encode(of: AnswerCase, text: string): Buffer {
  const bytes = Buffer.from(text);
  // What is cut is flushed, not finished: the text up to the cut can be read.
  const cut = of.cut !== 'none' && of.cut !== 'after-body';
  const zlib = cut ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
  switch (of.coding) {
    case 'none':
    case 'identity':
    case 'mislabelled':
    case 'false-gzip':
      return bytes;
    case 'gzip':
    case 'GZIP':
    case 'x-gzip':
      return gzipSync(bytes, zlib);
    case 'deflate':
      return deflateSync(bytes, zlib);
    case 'br':
      return brotliCompressSync(bytes, cut ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {});
    case 'other':
      return bytes.map((byte) => byte ^ 0xa5) as Buffer;
  }
}

const CODING_NAMES: Readonly<Partial<Record<AnswerCase['coding'], string>>> = {
  other: 'x-unheard-of',
  mislabelled: 'utf-8',
  'false-gzip': 'gzip',
};

function headOf(of: AnswerCase, length: number): string {
  const headers = [`HTTP/1.1 ${of.status} ${STATUS_CODES[of.status] ?? 'Other'}`];
  if (of.contentType !== null) headers.push(`Content-Type: ${of.contentType}`);
  if (of.coding !== 'none') headers.push(`Content-Encoding: ${CODING_NAMES[of.coding] ?? of.coding}`);
  if (of.status === 204 || of.status === 304) return `${headers.join('\r\n')}\r\n\r\n`;
  const missing = of.cut === 'after-body' ? 10 : 0;
  if (of.framing === 'length') headers.push(`Content-Length: ${length + missing}`);
  if (of.framing === 'chunked') headers.push('Transfer-Encoding: chunked');
  if (of.framing === 'close' || of.after === 'announced-close') headers.push('Connection: close');
  if (of.status === 405) headers.push('Allow: POST');
  return `${headers.join('\r\n')}\r\n\r\n`;
}

/** Less than the shortest line of a stream that begins with a comment. */
const SMALL_BYTES = 8;

function frame(of: AnswerCase, bytes: Buffer): Buffer[] {
  if (of.status === 204 || of.status === 304) return [];
  const size = of.pieces === 'small' ? SMALL_BYTES : Math.max(1, bytes.length);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  if (of.framing !== 'chunked') return parts;
  const chunks = parts.map((part) =>
    Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
  );
  return of.cut === 'none' ? [...chunks, Buffer.from('0\r\n\r\n')] : chunks;
}
