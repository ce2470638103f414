import { Refused } from '../errors/appError.ts';
import type { CommandResult } from './enforcement.ts';

/** What refuses a command because a change was made before: perhaps a moment ago, by somebody who was killed since. */
const MADE_BEFORE: ReadonlySet<string> = new Set([
  'key-already-rotated',
  'key-deleted',
  'role-exists',
  'server-exists',
]);

/**
 * Passes an error on. One that says that a change was made before is passed on once that change is enforced.
 * @throws the error, which names the gateways that did not confirm in time; Unavailable when it is not known to be in force
 */
export async function refusedAsMade(error: unknown, enforce: () => Promise<CommandResult>): Promise<never> {
  if (!(error instanceof Refused) || !MADE_BEFORE.has(error.code)) throw error;
  const { unconfirmed } = await enforce();
  if (unconfirmed.length === 0) throw error;
  throw new Refused(
    error.code,
    `${error.message} Not confirmed in time by: ${unconfirmed.join(', ')}. Until such a gateway answers again, it may still act on the state before.`,
    { data: { ...error.data, unconfirmed }, cause: error },
  );
}
