import { Unavailable } from '../errors.ts';
import type { Confirmations } from '../projections/confirmations.ts';
import type { ProjectionRunner } from '../projections/runner.ts';

/** How long a command waits for the other replicas to say that they enforce it. */
const CONFIRM_TIMEOUT_MS = 2_000;

/** What a command changed, and how far it has spread when it answers. */
export interface Settled {
  /** The stream's revision now. */
  readonly revision: number;
  /** False when things were already so. */
  readonly changed: boolean;
  /** Replicas that did not say in time that they follow the change; empty: it is enforced everywhere. */
  readonly unconfirmed: readonly string[];
}

/** Makes a change readable everywhere before it is reported. */
export type Settle = (handled: { revision: number | undefined; position: bigint | undefined }) => Promise<Settled>;

export interface SettleOptions {
  readonly projections: ProjectionRunner;
  readonly confirmations: Confirmations;
}

/**
 * Makes the step between an append and its report: pumps the projections up to the event (read your writes), then waits
 * until every live replica has confirmed. DESIGN 4.
 * @throws Unavailable `projection-stopped`, `projection-behind`, `projections-busy`: the event is stored nevertheless
 */
export function createSettle({ projections, confirmations }: SettleOptions): Settle {
  return async ({ revision, position }) => {
    if (revision === undefined) throw new TypeError('a handled command leaves a stream behind');
    if (position === undefined) return { revision, changed: false, unconfirmed: [] };
    try {
      await projections.pump(position);
      const { unconfirmed } = await confirmations.waitFor(position, CONFIRM_TIMEOUT_MS);
      return { revision, changed: true, unconfirmed };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // The caller must know that repeating the command is not what helps.
      throw new Unavailable(error.code, `The change is stored, but not known to be in force: ${error.message}`, {
        cause: error,
      });
    }
  };
}
