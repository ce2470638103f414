import { setTimeout as delay } from 'node:timers/promises';
import type { Front } from './front/front.ts';
import type { Settings } from './settings/settings.ts';
import { stopListening } from './stopListening.ts';

/** The parts that end in an order of their own. */
export interface DrainedParts {
  readonly front: Front;
  readonly programs: { hasten(): void };
  readonly holds: AsyncDisposable;
  readonly register: AsyncDisposable;
  readonly feed: Disposable;
  readonly drainMs: number;
}

/** For so long, in milliseconds, what was sent before the listener closed may still arrive. */
const SETTLING_MS = 250;
/** How often connections are looked for while a gateway retires, in milliseconds. */
const LOOK_AGAIN_MS = 20;

export interface RetireOptions extends Pick<Settings['stop'], 'delayMs'> {
  /** New connections have somewhere else to go already. */
  readonly isReplaced: boolean;
  /** Ends what is given by whoever accepts for this process. */
  readonly leave: () => Promise<void> | undefined;
}

/**
 * Has clients go elsewhere, while every request is served as before: each answer ends its connection, and after a while nobody is
 * listened for. What is sent in that while, also by a load balancer that does not know yet, is answered. Resolves at once when
 * nobody is connected.
 */
export async function retireFront(front: Front, { delayMs, isReplaced, leave }: RetireOptions): Promise<void> {
  front.retire();
  if (isReplaced) await leave();
  await untilGone(front, delayMs);
  if (!isReplaced) await leave();
  await stopListening(front.server);
  await untilGone(front, SETTLING_MS);
}

async function untilGone(front: Front, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (front.load.connections > 0 && performance.now() < end) await delay(LOOK_AGAIN_MS);
}

/** Takes no more requests, and lets what is under way end within a bound. */
export async function drainGateway({ front, programs, holds, register, feed, drainMs }: DrainedParts): Promise<void> {
  const { server } = front;
  front.retire();
  if (server.listening) server.close();
  front.closeIdle();
  programs.hasten();
  // Their conversations keep programs, which would keep the calls from draining.
  const holdsEnded = holds[Symbol.asyncDispose]();
  const feedsEnded = register[Symbol.asyncDispose]().then(() => feed[Symbol.dispose]());
  await Promise.all([holdsEnded, feedsEnded, front.drained(drainMs)]);
  // The calls have drained: what is still open is held by clients.
  front.closeAll();
  await front.closed();
}
