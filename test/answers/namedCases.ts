import type { CaseDifference } from './answerCase.ts';

const STREAM = { contentType: 'text/event-stream', body: 'sse' } as const;
const BODILESS = { contentType: null, payload: 'empty' } as const;

/** Answers that were once taken otherwise than they were meant, each as small as it could be made. */
export const NAMED_CASES: readonly CaseDifference[] = [
  // Notifications and responses.
  { kind: 'notification', status: 200, contentType: 'application/json', payload: 'other-json' },
  { kind: 'notification', status: 200 },
  { kind: 'response', status: 204 },
  { kind: 'response', status: 200, ...STREAM, payload: 'error', style: { retryFirst: true } },
  { kind: 'notification', payload: 'other-json', contentType: 'application/json', coding: 'gzip' },
  { kind: 'notification', status: 200, framing: 'chunked', cut: 'after-head' },
  { kind: 'response', cut: 'after-body', by: 'silence' },
  // One id, one answer.
  { ...STREAM, cut: 'before-blank-line' },
  { ...STREAM, cut: 'before-blank-line', style: { lineEnd: '\r' } },
  { ...STREAM, cut: 'before-blank-line', style: { lineEnd: '\r\n' } },
  { ...STREAM, cut: 'after-body' },
  { ...STREAM, cut: 'after-body', by: 'rst' },
  { ...STREAM, cut: 'after-body', by: 'silence' },
  { ...STREAM, framing: 'chunked', cut: 'after-body', by: 'silence', method: 'tools/call', session: true },
  { ...STREAM, style: { twice: true } },
  { ...STREAM, style: { name: 'other' } },
  { ...STREAM, framing: 'close', cut: 'after-head' },
  { ...STREAM, framing: 'close', cut: 'before-answer', style: { notificationFirst: true } },
  { ...STREAM, era: 'modern', cut: 'in-body', style: { ids: 'before-data', notificationFirst: true } },
  {
    ...STREAM,
    pieces: 'small',
    framing: 'chunked',
    cut: 'in-body',
    style: { commentFirst: true, ids: 'before-data', notificationFirst: true },
  },
  { kind: 'batch', ...STREAM, cut: 'in-body' },
  { kind: 'batch', ...STREAM, cut: 'before-answer', by: 'silence' },
  { payload: 'empty' },
  { status: 202, ...BODILESS },
  { status: 204, ...BODILESS },
  { payload: 'other-id' },
  { payload: 'other-json' },
  { payload: 'other-json', key: 'narrowed' },
  { payload: 'other-id', key: 'narrowed' },
  { ...STREAM, cut: 'after-body', by: 'silence', key: 'narrowed' },
  { ...STREAM, cut: 'in-body', key: 'narrowed' },
  { ...STREAM, cut: 'before-blank-line', key: 'narrowed', style: { ids: 'before-data', name: 'other' } },
  // What is not offered.
  { kind: 'get', status: 405, ...BODILESS },
  { kind: 'delete', status: 405, ...BODILESS },
  { kind: 'get', status: 400, contentType: 'application/json', payload: 'null-id-error', body: 'json' },
  { kind: 'get', status: 404, ...BODILESS },
  { kind: 'get', session: true, status: 409, contentType: 'application/json', payload: 'null-id-error', body: 'json' },
  { kind: 'get', status: 429, contentType: 'application/json', body: 'json', cut: 'in-body', by: 'silence' },
  { kind: 'get', redirects: [{ status: 302, to: 'nowhere' }] },
  // Connections that end.
  { before: 'reset-on-reuse' },
  { before: 'closed-on-reuse' },
  { before: 'closed', method: 'tools/call' },
  { kind: 'get', before: 'closed-on-reuse' },
  // Content that can be read.
  { coding: 'gzip' },
  { coding: 'x-gzip' },
  { coding: 'br' },
  { coding: 'deflate' },
  { coding: 'mislabelled' },
  { ...STREAM, coding: 'br', style: { notificationFirst: true } },
  { kind: 'get', coding: 'gzip', style: { notificationFirst: true } },
  { status: 400, payload: 'error', coding: 'gzip' },
  { bom: true },
  { payload: 'error', status: 400, bom: true },
  { status: 201, ...STREAM },
  { status: 203, ...STREAM, style: { notificationFirst: true } },
  { kind: 'get', status: 201 },
  // What is really wrong.
  { status: 407 },
  { kind: 'notification', status: 407 },
  { status: 429, contentType: 'text/html', payload: 'html' },
  { status: 503, payload: 'half' },
  { status: 503, payload: 'other-json' },
  { status: 502, payload: 'html', contentType: 'text/html', coding: 'false-gzip' },
  { status: 400, payload: 'half' },
  { payload: 'half' },
  { payload: 'html' },
  { cut: 'in-body', by: 'silence' },
  // Lost sessions.
  { session: true, status: 404, payload: 'method-not-found' },
  { session: true, status: 404, payload: 'html', contentType: 'text/html', cut: 'in-body' },
  { session: true, status: 400, payload: 'lost-session' },
  // Redirects.
  {
    redirects: [
      { status: 307, to: 'path' },
      { status: 308, to: 'relative' },
    ],
  },
  {
    redirects: [
      { status: 308, to: 'absolute' },
      { status: 307, to: 'path' },
      { status: 307, to: 'relative' },
    ],
  },
  { redirects: [{ status: 307, to: 'loop' }] },
  { kind: 'get', redirects: [{ status: 302, to: 'path' }] },
  {
    kind: 'notification',
    redirects: [
      { status: 307, to: 'path' },
      { status: 307, to: 'path' },
    ],
  },
];
