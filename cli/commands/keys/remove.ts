import type { Administration } from '../../../src/administration/administration.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerKeyChange } from '../../views/keyChange.ts';
import { keySubject } from '../../views/keyView.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { misuse } from '../../input/misuse.ts';

export interface RemoveKeyOptions {
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Deletes a key. */
export async function removeKey(cli: Cli, typed: string, options: RemoveKeyOptions): Promise<void> {
  const { confirm = false, reason, dryRun = false } = options;
  if (!confirm && !dryRun) {
    throw misuse('A deleted key never works again. To delete it, add --confirm; to stop it for now: keys inactivate');
  }
  await cli.withStores(
    async ({ stores }) => {
      const { db } = stores;
      const key = await resolveKey(db, typed);
      const { id } = key;
      const change = ({ keys }: Administration) => keys.remove(id, reason, commandContext());
      if (dryRun) return answerDryRun(cli, keySubject(key), stores, change);
      const result = await change(stores);
      const predicate = result.retired
        ? 'is retired for good, whatever becomes of its history, and its secret destroyed'
        : result.changed
          ? 'is deleted, and its secret destroyed'
          : 'was deleted already';
      await answerKeyChange(cli, await resolveKey(db, id), result, predicate);
    },
    { readTables: 'as current as possible' },
  );
}
