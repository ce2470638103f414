import type { Administration } from '../../../src/administration/administration.ts';
import { parseScopes } from '../../input/access.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { endpointUrl } from '../../gateway/endpoint.ts';
import { answerNewKey } from '../../views/issuedKey.ts';
import { formatTime, keySubject, keyTitle } from '../../views/keyView.ts';
import type { KeyFilterOptions } from '../../input/keyFilterOptions.ts';
import { misuse } from '../../input/misuse.ts';
import { changeMany, meansMany } from './changeMany.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

export interface RotateKeyOptions extends KeyFilterOptions {
  /** Of many. */
  readonly confirm?: boolean;
  /** How long the old key still works, in milliseconds. (Default: 0) */
  readonly grace?: number;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Creates a key's successor and shows its secret, or of those that fit. */
export async function rotateKey(cli: Cli, typed: string | undefined, options: RotateKeyOptions): Promise<void> {
  const { grace = 0, reason, dryRun = false, confirm = false } = options;
  if (meansMany(typed, options)) {
    // A line of a table may be cut, and a secret is shown this once.
    if (confirm && !cli.output.json)
      throw misuse('The secrets of many keys are for a program that stores them: add --json.');
    await changeMany(cli, options, {
      verb: 'rotate',
      change: ({ keys }, { id }) => keys.rotate(id, grace, commandContext(cli), reason),
      predicate: () => 'is rotated',
      members: ({ id, apiKey, validUntil }) => ({ successor_id: id, api_key: apiKey, old_key_valid_until: validUntil }),
    });
    return;
  }
  await cli.withStores(async ({ stores, settings }) => {
    const { db } = stores;
    const old = await resolveKey(db, typed);
    const rotate = ({ keys }: Administration) => keys.rotate(old.id, grace, commandContext(cli), reason);
    if (dryRun) return answerDryRun(cli, keySubject(old), stores, rotate);
    const endpoint = endpointUrl(settings);
    const issued = await rotate(stores);
    const { rotatedFrom, validUntil } = issued;
    const access = {
      scopes: old.scopes.length === 0 ? [] : (parseScopes(old.scopes) ?? []),
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
    const labels = { owner: old.owner ?? undefined, tags: old.tags };
    const description = old.description ?? undefined;
    await answerNewKey(cli.output, { issued, description, access, roles: old.roles, labels, endpoint, more });
  });
}
