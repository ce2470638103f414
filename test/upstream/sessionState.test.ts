import { expect, test } from 'vitest';
import { SessionState } from '../../src/upstream/sessionState.ts';
import type { UpstreamRequest } from '../../src/upstream/upstream.ts';

const subscribe = (uri: string): UpstreamRequest => ({ method: 'resources/subscribe', params: { uri } });
const unsubscribe = (uri: string): UpstreamRequest => ({ method: 'resources/unsubscribe', params: { uri } });
const setLevel = (level: unknown): UpstreamRequest => ({ method: 'logging/setLevel', params: { level } });

function stateAfter(...requests: readonly UpstreamRequest[]): SessionState {
  const state = new SessionState();
  for (const request of requests) state.note(request, { jsonrpc: '2.0', id: 1, result: {} });
  return state;
}

const long = (name: string): string => `db://${name}/${'x'.repeat(30_000)}`;

test('A session keeps URIs of 65,536 characters in all, and those that are given up make room [aggregate-session-state-bounded]', () => {
  const [a, b, c] = [long('a'), long('b'), long('c')];
  expect(stateAfter(subscribe(a), subscribe(a), subscribe(b), subscribe(c)).requests).toEqual([
    subscribe(a),
    subscribe(b),
  ]);
  const after = stateAfter(subscribe(a), subscribe(b), unsubscribe(c), unsubscribe(a), unsubscribe(a), subscribe(c));
  expect(after.requests).toEqual([subscribe(b), subscribe(c)]);
  expect(stateAfter(subscribe(long('a').repeat(3))).isEmpty).toBe(true);
});

test('A session keeps 1,000 URIs [aggregate-session-state-bounded]', () => {
  const many = Array.from({ length: 1_001 }, (_, at) => subscribe(`db://${String(at)}`));
  expect(stateAfter(...many).requests).toEqual(many.slice(0, 1_000));
});

test('A session keeps the level of logging, and nothing that is none [aggregate-session-state-bounded]', () => {
  expect(stateAfter(setLevel('error'), setLevel('x'.repeat(100)), setLevel({ x: 1 })).requests).toEqual([
    setLevel('error'),
  ]);
});
