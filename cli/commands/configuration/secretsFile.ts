import { open, rm, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { IssuedKey } from '../../../src/administration/apiKeys.ts';
import { Unavailable } from '../../../src/errors/appError.ts';
import type { Cli } from '../../cli.ts';
import { misuse } from '../../input/misuse.ts';

/** Takes the secrets of new keys, one JSON object on a line, readable by its owner alone. */
export interface SecretsFile extends AsyncDisposable {
  /** Returns when it is on the disk. */
  write(issued: Pick<IssuedKey, 'id' | 'name' | 'apiKey'>): Promise<void>;
}

/** Makes a new file for secrets; it is gone again when nothing was written. @throws Invalid `usage` when it can’t be made */
export async function openSecretsFile({ cwd }: Cli, file: string): Promise<SecretsFile> {
  const path = resolve(cwd, file);
  let handle: FileHandle;
  try {
    handle = await open(path, 'wx', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw misuse(`The file for the secrets can’t be made (${code}); it must be a new one.`, { file: path });
  }
  let written = false;
  return {
    async write({ id, name, apiKey }) {
      written = true;
      try {
        await handle.appendFile(`${JSON.stringify({ id, name, api_key: apiKey })}\n`);
        await handle.sync();
      } catch (cause) {
        throw new Unavailable('secrets-not-written', 'The file for the secrets can’t be written.', { cause });
      }
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      if (!written) await rm(path, { force: true });
    },
  };
}
