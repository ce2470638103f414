import { present } from '../src/administration/present.ts';
import type { CommandResult } from '../src/administration/enforcement.ts';

/** What every answer to a change ends with. */
export function settledJson({ changed, unconfirmed, pending, retired }: CommandResult): object {
  return { changed, unconfirmed, ...present({ pending }), ...(retired && { retired }) };
}
