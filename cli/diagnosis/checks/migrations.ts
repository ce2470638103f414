import type { Check } from '../check.ts';

/** The database has all migrations of this version. */
export const migrations: Check = async ({ needDatabase, migrations: read }) => {
  await needDatabase();
  const all = await read();
  const pending = all.filter(({ appliedAt }) => appliedAt === undefined).length;
  if (pending === 0) return [{ state: 'ok', detail: `All ${all.length} are applied` }];
  return [
    {
      state: 'problem',
      detail: `${pending} of ${all.length} are missing.`,
      remedy: 'The next start of a gateway of this version applies them, or: metamcp-cli db migrate',
    },
  ];
};
