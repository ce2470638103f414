import type { Sealed } from '../../events/sealed.ts';
import { objectIn, textIn } from '../../storedJson.ts';

/** Reads a column of what is sealed. @throws StrangeJson */
export function sealedFrom(stored: unknown): Sealed {
  const { dek, box } = objectIn(stored);
  return { dek: textIn(dek), box: textIn(box) };
}
