import { GATEWAY_HERE } from '../../../src/cliName.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import type { Check } from '../check.ts';
import { NotExamined } from '../notExamined.ts';

/** The secrets are those that these stores were written with. */
export const secretsFit: Check = async ({ needDatabase, vault }) => {
  await needDatabase();
  try {
    // What opening it refuses is about ENCRYPTION_KEY, secrets.json, vault_keys and the system keys.
    await vault();
  } catch (error) {
    if (error instanceof NotFound) throw new NotExamined(error.message, `The first start makes them: ${GATEWAY_HERE}`);
    throw error;
  }
  return [{ state: 'ok', detail: 'ENCRYPTION_KEY opens the system keys, which are those of this history' }];
};
