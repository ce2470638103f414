import { fc } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { Upstream, UpstreamMessage } from '../../../src/upstream/upstream.ts';
import { LIST_CHANGED, type Plan } from './interleavedServer.ts';

/** What is not over after this long hangs, in milliseconds: all that a run does takes far less. */
const HANGS_MS = 120_000;

/** What clients do at the same time. */
export const CALLS = fc.array(
  fc.record({
    rounds: fc.nat(3),
    inputs: fc.integer({ min: 1, max: 2 }),
    steps: fc.nat(3),
    changes: fc.boolean(),
    /** What its client does, in the round `at`. */
    manner: fc.constantFrom('stays', 'stays', 'leaves', 'forgets', 'repeats twice', 'refuses'),
    at: fc.nat(2),
    /** Its client can be asked. */
    isAble: fc.boolean(),
  }),
  { minLength: 4, maxLength: 12 },
);
export type Call = (typeof CALLS extends fc.Arbitrary<infer T> ? T : never)[number];

export const TURNS = fc.array(fc.nat(5), { minLength: 5, maxLength: 30 });

/** Who can't be asked is not asked. */
export const planOf = ({ rounds, inputs, steps, changes, isAble }: Call, mark: string): Plan => ({
  mark,
  rounds: isAble ? rounds : 0,
  inputs,
  steps,
  changes,
});

/** Waits for all. @throws when some hang, with their numbers */
export async function inTime<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const left = new Set(works.keys());
  const { promise, reject } = Promise.withResolvers<never>();
  const timeout = setTimeout(() => reject(new Error(`these hang: ${[...left].join(', ')}`)), HANGS_MS);
  try {
    const all = works.map((work, index) => work.finally(() => left.delete(index)));
    return await Promise.race([Promise.all(all), promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/** Asserts that all progress is of one call and grows; `told` has what was told before, and gets what is told now. */
export function expectProgress(messages: readonly UpstreamMessage[], mark: string, told: number[]): void {
  for (const message of messages) {
    if (message.kind !== 'notification') continue;
    const { method, params } = message.notification;
    // That a request of the server's is withdrawn.
    if (method === 'notifications/cancelled') continue;
    expect([method, params?.['progressToken'], params?.['message']]).toEqual(['notifications/progress', mark, mark]);
    told.push(params?.['progress'] as number);
  }
  expect(told).toEqual(told.toSorted((a, b) => a - b));
}

export interface Listening extends AsyncDisposable {
  /** The changes of lists that were heard of. */
  readonly heard: readonly string[];
  readonly isAcknowledged: boolean;
}

/** Listens to changes of lists until it is disposed of. */
export function listenTo(upstream: Upstream, signals: AbortSignal[], capabilities = {}): Listening {
  const controller = new AbortController();
  const { signal } = controller;
  signals.push(signal);
  const heard: string[] = [];
  let isAcknowledged = false;
  const listening = (async () => {
    const options = { signal, capabilities, filter: { toolsListChanged: true } };
    for await (const message of upstream.listen(options)) {
      if (message.kind !== 'notification') throw new Error('a listener was asked for something');
      if (message.notification.method === LIST_CHANGED) heard.push(LIST_CHANGED);
      else isAcknowledged = true;
    }
  })();
  return {
    heard,
    get isAcknowledged() {
      return isAcknowledged;
    },
    async [Symbol.asyncDispose]() {
      controller.abort(new Error('enough'));
      await listening;
    },
  };
}

/** Makes the signal of a client that may leave. */
export function leaving(signals: AbortSignal[]): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  signals.push(controller.signal);
  return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) };
}
