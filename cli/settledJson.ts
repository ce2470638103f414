import { present } from '../src/administration/present.ts';
import type { Settled } from '../src/administration/settle.ts';

/** What every answer to a change ends with. */
export function settledJson({ changed, unconfirmed, pending, retired }: Settled): object {
  return { changed, unconfirmed, ...present({ pending }), ...(retired && { retired }) };
}
