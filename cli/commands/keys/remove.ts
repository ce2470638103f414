import type { CommandResult } from '../../../src/administration/enforcement.ts';
import type { Cli } from '../../cli.ts';
import { changeKeys } from './changeKeys.ts';
import type { KeyChangeOptions } from './keyChange.ts';

/** Deletes a key, or those that are meant. */
export async function removeKeys(cli: Cli, typed: readonly string[], options: KeyChangeOptions): Promise<void> {
  await changeKeys(cli, typed, options, {
    verb: 'delete',
    without: ['deleted'],
    final: 'A deleted key never works again. To delete it, add --confirm; to stop it for now: keys inactivate',
    run: ({ keys }, { id }, context, match) => keys.remove(id, options.reason, context, match),
    predicate: deleted,
  });
}

function deleted({ retired, changed }: CommandResult): string {
  if (retired) return 'is retired for good, whatever becomes of its history, and its secret destroyed';
  return changed ? 'is deleted, and its secret destroyed' : 'was deleted already';
}
