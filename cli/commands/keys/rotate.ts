import { systemClock } from '../../../src/clock.ts';
import { timeAt } from '../../../src/events/time.ts';
import { parseScopes } from '../../access.ts';
import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { answerNewKey, endpointFor } from '../../issuedKey.ts';
import { formatTime, keySubject, keyTitle } from '../../keyView.ts';
import { resolveKey } from '../../resolveKey.ts';

export interface RotateKeyOptions {
  /** How long the old key still works, in milliseconds. (Default: 0) */
  readonly grace?: number;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Creates a key's successor and shows its secret. */
export async function rotateKey(
  cli: Cli,
  typed: string,
  { grace = 0, reason, dryRun = false }: RotateKeyOptions,
): Promise<void> {
  // Refused before anything is done, and by --dry-run, too.
  timeAt(systemClock() + grace);
  await cli.withStores(async ({ stores: { db, keys, foresight }, config }) => {
    const old = await resolveKey(db, typed);
    if (dryRun) return answerForeseen(cli, keySubject(old), await foresight.rotation(old.id));
    const endpoint = await endpointFor(db, config, old.grants);
    const issued = await keys.rotate(old.id, grace, commandContext(), reason);
    const { rotatedFrom, validUntil } = issued;
    const access = {
      scopes: parseScopes(old.scopes) ?? [],
      grants: old.grants,
      expiresAt: old.expiresAt?.toISOString(),
    };
    const end = grace === 0 ? 'works no longer' : `works until ${formatTime(new Date(validUntil))}`;
    const more = {
      text: `The old key ${keyTitle(old)} ${end}. Its successor:`,
      members: { rotated_from: rotatedFrom, old_key_valid_until: validUntil },
    };
    await answerNewKey(cli.output, { issued, description: old.description ?? undefined, access, endpoint, more });
  });
}
