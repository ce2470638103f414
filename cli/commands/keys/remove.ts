import type { Administration } from '../../../src/administration/administration.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerKeyChange } from '../../views/keyChange.ts';
import { keySubject } from '../../views/keyView.ts';
import type { CommandResult } from '../../../src/administration/enforcement.ts';
import type { KeyFilterOptions } from '../../input/keyFilterOptions.ts';
import { changeMany, meansMany } from './changeMany.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { misuse } from '../../input/misuse.ts';

export interface RemoveKeyOptions extends KeyFilterOptions {
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Deletes a key, or those that fit. */
export async function removeKey(cli: Cli, typed: string | undefined, options: RemoveKeyOptions): Promise<void> {
  const { confirm = false, reason, dryRun = false } = options;
  if (meansMany(typed, options)) {
    await changeMany(cli, options, {
      verb: 'delete, for good,',
      without: ['deleted'],
      change: ({ keys }, { id }) => keys.remove(id, reason, commandContext(cli)),
      predicate: deleted,
    });
    return;
  }
  if (!confirm && !dryRun) {
    throw misuse('A deleted key never works again. To delete it, add --confirm; to stop it for now: keys inactivate');
  }
  await cli.withStores(
    async ({ stores }) => {
      const { db } = stores;
      const key = await resolveKey(db, typed);
      const { id } = key;
      const change = ({ keys }: Administration) => keys.remove(id, reason, commandContext(cli));
      if (dryRun) return answerDryRun(cli, keySubject(key), stores, change);
      const result = await change(stores);
      await answerKeyChange(cli, await resolveKey(db, id), result, deleted(result));
    },
    { readTables: 'as current as possible' },
  );
}

function deleted({ retired, changed }: CommandResult): string {
  if (retired) return 'is retired for good, whatever becomes of its history, and its secret destroyed';
  return changed ? 'is deleted, and its secret destroyed' : 'was deleted already';
}
