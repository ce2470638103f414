import type { Settled } from '../src/administration/settle.ts';
import type { ApiKeyRow } from '../src/projections/apiKeys.ts';
import type { Cli } from './cli.ts';
import { keyJson, keyTitle } from './keyView.ts';
import { warnOfUnconfirmed } from './unconfirmed.ts';

/** Answers with a key as a change left it; `said` completes the sentence that begins with the key’s name. */
export async function answerKeyChange(
  { output }: Cli,
  row: ApiKeyRow,
  { changed, unconfirmed }: Settled,
  said: string,
): Promise<void> {
  await output.answer({ ...keyJson(row), changed, unconfirmed }, () => `The key ${keyTitle(row)} ${said}.`);
  warnOfUnconfirmed(output, { unconfirmed });
}
