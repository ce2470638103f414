import type { Administration } from '../../../src/administration/administration.ts';
import { parseScopes } from '../../input/access.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { endpointUrl } from '../../gateway/endpoint.ts';
import { answerNewKey } from '../../views/issuedKey.ts';
import { formatTime, keySubject, keyTitle } from '../../views/keyView.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

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
  await cli.withStores(async ({ stores, settings }) => {
    const { db } = stores;
    const old = await resolveKey(db, typed);
    const rotate = ({ keys }: Administration) => keys.rotate(old.id, grace, commandContext(), reason);
    if (dryRun) return answerDryRun(cli, keySubject(old), stores, rotate);
    const endpoint = endpointUrl(settings);
    const issued = await rotate(stores);
    const { rotatedFrom, validUntil } = issued;
    const access = {
      scopes: parseScopes(old.scopes) ?? [],
      grants: old.grants,
      limits: old.limits,
      networks: old.networks,
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
