import { existsSync } from 'node:fs';
import type { Client } from './client.ts';
import type { Places } from './places.ts';

/** Finds the file of a client: of two places, the one where it is. */
export function clientFile({ file, otherFile }: Client, places: Places): string {
  const usual = file(places);
  const other = otherFile?.(places);
  return other !== undefined && !existsSync(usual) && existsSync(other) ? other : usual;
}
