import { present } from '../../src/administration/present.ts';
import type { IssuedKey } from '../../src/administration/apiKeys.ts';
import type { CommandResult } from '../../src/administration/enforcement.ts';
import { escape } from '../../src/escape.ts';
import type { Output } from '../output/output.ts';

/** What every answer to a change ends with. */
export function enforcementJson({ changed, unconfirmed, pending, retired }: CommandResult): object {
  return { changed, unconfirmed, ...present({ pending }), ...(retired && { retired }) };
}

/** Warns people that a key was made but the read tables can't show it yet; with `--json` it is in the document. */
export function warnOfPending(output: Output, { pending }: Pick<IssuedKey, 'pending'>): void {
  if (pending !== undefined && !output.json) output.warn(`Keep the key: ${escape(pending)}`);
}

/** Warns people of gateways that did not confirm a change in time; with `--json` it is in the document. */
export function warnOfUnconfirmed(output: Output, { unconfirmed }: Pick<CommandResult, 'unconfirmed'>): void {
  if (unconfirmed.length === 0 || output.json) return;
  const names = unconfirmed.map(escape).join(', ');
  output.warn(
    `The change is stored, but not confirmed in time by: ${names}. Until such a gateway answers again, ` +
      'it may still act on the old state.',
  );
}

/** Warns people of what a change has not reached yet; with `--json` it is in the document. */
export function warnOfEnforcement(output: Output, result: Pick<CommandResult, 'unconfirmed' | 'pending'>): void {
  warnOfUnconfirmed(output, result);
  if (result.pending !== undefined && !output.json) output.warn(escape(result.pending));
}
