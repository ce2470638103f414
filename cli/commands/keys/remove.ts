import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { answerKeyChange } from '../../keyChange.ts';
import { keySubject } from '../../keyView.ts';
import { resolveKey } from '../../resolveKey.ts';
import { wrongUsage } from '../../usage.ts';

export interface RemoveKeyOptions {
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Deletes a key. */
export async function removeKey(cli: Cli, typed: string, options: RemoveKeyOptions): Promise<void> {
  const { confirm = false, reason, dryRun = false } = options;
  if (!confirm && !dryRun) {
    throw wrongUsage(
      'A deleted key never works again. To delete it, add --confirm; to stop it for now: keys inactivate',
    );
  }
  await cli.withStores(
    async ({ stores: { db, keys, foresight } }) => {
      const key = await resolveKey(db, typed);
      const { id } = key;
      if (dryRun) return answerForeseen(cli, keySubject(key), await foresight.key(id, { type: 'Delete', reason }));
      const settled = await keys.remove(id, reason, commandContext());
      const said = settled.retired
        ? 'is retired for good, whatever becomes of its history, and its secret destroyed'
        : settled.changed
          ? 'is deleted, and its secret destroyed'
          : 'was deleted already';
      await answerKeyChange(cli, await resolveKey(db, id), settled, said);
    },
    { readTables: 'as current as possible' },
  );
}
