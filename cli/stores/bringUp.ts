import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../../src/errors/appError.ts';
import type { ProjectionRunner } from '../../src/projections/runner.ts';

/** How long a revocation waits for read tables that it does not need. */
const PATIENCE_MS = 5_000;

/** Brings the read tables up to date if that is quickly done. @returns why they are not; undefined: they are */
export async function tryToBringUp(
  projections: Pick<ProjectionRunner, 'upgrade' | 'pump'>,
  patienceMs: number = PATIENCE_MS,
): Promise<Unavailable | undefined> {
  const ended = new AbortController();
  const bringUp = async (): Promise<undefined> => {
    await projections.upgrade({ signal: ended.signal });
    await projections.pump();
  };
  const brought = bringUp().catch((error: unknown) => {
    if (error instanceof Unavailable || ended.signal.aborted) return asUnavailable(error);
    throw error;
  });
  // It may fail after the patience has ended, at the latest when the stores are closed.
  brought.catch(() => undefined);
  const late = delay(patienceMs, asUnavailable(undefined), { signal: ended.signal }).catch(() => undefined);
  try {
    return await Promise.race([brought, late]);
  } finally {
    ended.abort();
  }
}

function asUnavailable(error: unknown): Unavailable {
  if (error instanceof Unavailable) return error;
  return new Unavailable('projection-behind', 'The read tables are still being brought up to date.', { cause: error });
}
