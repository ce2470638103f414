import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerKeyChange } from '../../keyChange.ts';
import { resolveKey } from '../../resolveKey.ts';
import { wrongUsage } from '../../usage.ts';

export interface RemoveKeyOptions {
  readonly confirm?: boolean;
  readonly reason?: string;
}

/** Deletes a key. */
export async function removeKey(cli: Cli, typed: string, { confirm = false, reason }: RemoveKeyOptions): Promise<void> {
  if (!confirm) {
    throw wrongUsage(
      'A deleted key never works again. To delete it, add --confirm; to stop it for now: keys inactivate',
    );
  }
  await cli.withStores(async ({ stores: { db, keys } }) => {
    const { id } = await resolveKey(db, typed);
    const settled = await keys.remove(id, reason, commandContext());
    const said = settled.changed ? 'is deleted, and its secret destroyed' : 'was deleted already';
    await answerKeyChange(cli, await resolveKey(db, id), settled, said);
  });
}
