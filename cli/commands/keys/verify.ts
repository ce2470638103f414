import { resolve } from 'node:path';
import { parseApiKey, type ApiKey } from '../../../src/auth/keyFormat.ts';
import { createKeyProof } from '../../../src/auth/keyProof.ts';
import { liveKeyOf } from '../../../src/live/liveKey.ts';
import { present } from '../../../src/administration/present.ts';
import { systemClock } from '../../../src/clock.ts';
import { AppError, Refused, Unauthorized } from '../../../src/errors/appError.ts';
import { findKey, type ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import { keyFields, keyJson } from '../../views/keyView.ts';
import { formatRecord } from '../../output/record.ts';
import { askHidden, isInteractive } from '../../input/prompt.ts';
import { readTextFile, readStdin } from '../../input/readText.ts';

export interface VerifyKeyOptions {
  /** `-` for stdin. */
  readonly file?: string;
  readonly offline?: boolean;
}

/** What was found out about a key. */
interface Finding {
  /** Shown to a caller that has proved to have the key. */
  readonly row?: ApiKeyRow;
  /** Why it is not good. */
  readonly refusal?: AppError;
}

/** Says whether a key is good, and what for. @throws Refused with the reason when it is not */
export async function verifyKey(cli: Cli, { file, offline = false }: VerifyKeyOptions): Promise<void> {
  const key = parseApiKey((await readKey(cli, file)).trim());
  if (key === undefined) {
    const refusal = new Refused('key-malformed', 'This is no API key: a character is wrong, missing or too much.');
    return answer(cli, { wellFormed: false, id: undefined }, { refusal });
  }
  const facts = { wellFormed: true, id: key.id };
  if (offline) {
    await cli.output.answer({ well_formed: true, id: key.id }, () =>
      [`The key is well-formed; its id is ${key.id}.`, 'Whether it is good, only the stores know.'].join('\n'),
    );
    return;
  }
  await cli.withStores(async ({ stores }) => answer(cli, facts, await examine(stores, key)));
}

/** Asks the very proof that a gateway asks: a wrong secret never reaches Argon2. */
async function examine({ db, vault, fingerprints, argon }: Stores, key: ApiKey): Promise<Finding> {
  const row = await findKey(db, key.id);
  if (row === undefined) return { refusal: new Refused('key-not-found', 'There is no key with the id in it.') };
  const live = liveKeyOf(row);
  if (live === undefined) return { refusal: new Refused('key-deleted', 'The key with the id in it was deleted.') };
  const prove = createKeyProof({ liveKeys: { find: () => live }, vault, fingerprints, argon, clock: systemClock });
  try {
    await prove(key.text);
    return { row };
  } catch (error) {
    if (!(error instanceof Unauthorized)) throw error;
    if (error.code === 'invalid-credential') {
      return { refusal: new Refused('key-secret-wrong', 'A key with this id exists, but its secret is another one.') };
    }
    return { row, refusal: new Refused(error.code, error.message) };
  }
}

/** A program gets one document in any case; a person the key's record, and the reason on stderr. */
async function answer(
  { output }: Cli,
  { wellFormed, id }: { readonly wellFormed: boolean; readonly id: string | undefined },
  { row, refusal }: Finding,
): Promise<void> {
  const document = {
    well_formed: wellFormed,
    good: refusal === undefined,
    ...present({ id, refusal: refusal && { code: refusal.code, message: refusal.message } }),
    ...(row === undefined ? {} : { key: keyJson(row) }),
  };
  if (output.json || row !== undefined) {
    await output.answer(document, () => {
      const record =
        row === undefined
          ? ''
          : formatRecord(keyFields(row, systemClock(), undefined, undefined, output.times), output.paint);
      return refusal === undefined ? `The key is good.\n\n${record}` : record;
    });
  }
  if (refusal !== undefined) throw refusal;
}

/** Room for a key, and for white space around it. */
const MAX_KEY_BYTES = 65_536;

async function readKey(cli: Cli, file: string | undefined): Promise<string> {
  // The file's name is not repeated: it may be the key, in the wrong place.
  const options = { what: 'The key’s file', maxBytes: MAX_KEY_BYTES };
  if (file !== undefined && file !== '-') return readTextFile(resolve(cli.cwd, file), options);
  if (file === undefined && isInteractive(cli)) return askHidden(cli, 'API key: ');
  return readStdin(cli, { ...options, what: 'The key on stdin' });
}
