import type { Invalidation } from '../projections/tables/invalidation.ts';

/** Tells of a key that has changed whether it is new: the data of its event. */
export function newness(
  { created = [] }: Exclude<Invalidation, { readonly all: true }>,
  key: string,
): { readonly created?: true } {
  return created.includes(key) ? { created: true } : {};
}
