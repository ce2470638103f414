import type { Administration } from '../../../src/administration/administration.ts';
import { parseScopes } from '../../input/access.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { compareInstallation } from '../../gateway/otherInstallation.ts';
import { endpointUrl } from '../../gateway/endpoint.ts';
import { answerNewKey } from '../../views/issuedKey.ts';
import { formatTime, keySubject, keyTitle } from '../../views/keyView.ts';
import { misuse } from '../../input/misuse.ts';
import { isInteractive } from '../../input/prompt.ts';
import { changeSeveral } from './changeSeveral.ts';
import type { KeyChangeOptions } from './keyChange.ts';
import { meansOne } from './whichKeys.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

export interface RotateKeyOptions extends KeyChangeOptions {
  /** How long the old key still works, in milliseconds. (Default: 0) */
  readonly grace?: number;
}

/** Creates a key's successor and shows its secret, or of those that are meant. */
export async function rotateKeys(cli: Cli, typed: readonly string[], options: RotateKeyOptions): Promise<void> {
  const { grace = 0, reason, dryRun = false } = options;
  if (!meansOne(typed, options)) {
    // A line of a table may be cut, and a secret is shown this once.
    if (!dryRun && !cli.output.json && (options.confirm === true || isInteractive(cli)))
      throw misuse('The secrets of several keys are for a program that stores them: add --json.');
    await changeSeveral(cli, typed, options, {
      verb: 'rotate',
      // It would be refused each time, and keep the others’ rotation from being a success.
      leavesOut: ({ name, successorId }) =>
        successorId === null
          ? undefined
          : `it was rotated before, and its successor is ${keyTitle({ id: successorId, name })}`,
      run: ({ keys }, { id }, context, { ifMatch }) => keys.rotate(id, grace, context, { reason, ifMatch }),
      predicate: () => 'is rotated',
      members: ({ id, apiKey, validUntil }) => ({ successor_id: id, api_key: apiKey, old_key_valid_until: validUntil }),
    });
    return;
  }
  const [first = ''] = typed;
  await cli.withStores(async ({ stores, settings }) => {
    const { db } = stores;
    const old = await resolveKey(db, first);
    const rotate = ({ keys }: Administration) => keys.rotate(old.id, grace, commandContext(cli), { reason });
    if (dryRun) return answerDryRun(cli, keySubject(old), stores, rotate);
    const endpoint = endpointUrl(settings);
    const warnIfOther = compareInstallation({ stores, settings });
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
    await warnIfOther(cli.output);
  });
}
