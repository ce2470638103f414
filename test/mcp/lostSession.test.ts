import { describe, expect, it } from 'vitest';
import { readErrorBody } from '../../src/mcp/errorBody.ts';

const rpc = (code: number, message?: string) => JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } });

/** What the servers of the official SDKs and of others answer within a session. */
const LOST: [number, string][] = [
  [404, rpc(-32001, 'Session not found')],
  [404, rpc(-32001)],
  [404, rpc(-32600, 'Session not found')],
  [404, rpc(-32600, 'Not Found: Session has been terminated')],
  [404, rpc(-32000, 'Not Found')],
  [404, 'session not found\n'],
  [404, ''],
  [404, '{"detail":"Not Found"}'],
  [404, '<h1>404</h1>'],
  [400, rpc(-32000, 'Bad Request: No valid session ID provided')],
  [400, rpc(-32000, 'Invalid or missing session ID')],
  [400, rpc(-32000, 'No transport found for sessionId')],
  [400, rpc(-32000, 'Session abc-123 does not exist')],
  [400, rpc(-32000, 'Bad Request: Server not initialized')],
  [400, rpc(-32600, 'Unknown session')],
  [400, 'Bad Request: No valid session ID provided'],
];

const KEPT: [number, string][] = [
  [404, rpc(-32601, 'Method not found')],
  [404, rpc(-32601, 'Method not found in this session')],
  [404, rpc(-32602, 'Unknown resource: session://1')],
  [404, rpc(-32002, 'Resource not found')],
  [404, rpc(-32000, 'Bad Request: Unsupported protocol version (supported versions: 2025-06-18)')],
  [400, rpc(-32000, 'Bad Request: Unsupported protocol version')],
  [400, rpc(-32000, 'Unsupported protocol version; this session negotiated 2025-06-18')],
  [400, rpc(-32000, 'Invalid protocol version for this session')],
  [400, rpc(-32602, 'Invalid session ID in the arguments')],
  [400, '<h1>Bad Request</h1>'],
  [409, rpc(-32000, 'Conflict: Only one SSE stream is allowed per session')],
];

describe('within a session', () => {
  it.each(LOST)('%i with %s is its loss [mcp-session-unknown-404]', (status, text) => {
    expect(readErrorBody(status, text, true)).toEqual({ is: 'lost-session' });
  });

  it.each(KEPT)('%i with %s is about something else [mcp-server-error-passes]', (status, text) => {
    expect(readErrorBody(status, text, true).is).not.toBe('lost-session');
  });

  it('only an error is passed on: a result with an error status is none', () => {
    const body = (text: string) => readErrorBody(500, text, false).is;
    expect(body(rpc(-32603, 'no'))).toBe('json-rpc');
    expect(body(`[${rpc(-32603, 'no')}]`)).toBe('json-rpc');
    expect(body('{"jsonrpc":"2.0","id":1,"result":{}}')).toBe('other');
    expect(body('{"error":"no"}')).toBe('other');
    expect(body('<p>')).toBe('other');
  });
});
