import type { Check } from '../check.ts';

/** The secrets are those that these stores were written with. */
export const secretsFit: Check = async ({ needDatabase, stores }) => {
  await needDatabase();
  // What opening them refuses is about ENCRYPTION_KEY, vault_keys and the system keys, and names its remedy.
  await stores();
  return [{ state: 'ok', detail: 'ENCRYPTION_KEY opens the system keys, which are those of this history' }];
};
