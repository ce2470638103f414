import type { CallEvent } from '../../src/calls/callEvent.ts';

/** A call as the proxy tells of it. */
export function call(changes: Partial<CallEvent> = {}): CallEvent {
  return {
    requestId: undefined,
    protocol: undefined,
    keyName: 'laptop',
    keyId: '0190a1b2-0000-7000-8000-000000000001',
    server: 'github',
    method: 'tools/call',
    tool: 'search',
    era: 'modern',
    standing: false,
    outcome: 'ok',
    answeredHere: false,
    status: 200,
    durationMs: 3,
    ownMs: 0.05,
    bytesIn: 100,
    bytesOut: 1_000,
    ...changes,
  };
}

/** A call that is no tool call. */
export function methodCall(method: string, changes: Partial<CallEvent> = {}): CallEvent {
  return call({ method, tool: undefined, ...changes });
}
