import { basename, resolve } from 'node:path';
import { FileUnreadable, readBounded, readStream } from '../../../src/boundedRead.ts';
import {
  MAX_FILE_BYTES,
  parseConfigurationText,
  type ConfigurationText,
} from '../../../src/configuration/configurationText.ts';
import { Invalid } from '../../../src/errors/appError.ts';
import type { Cli } from '../../cli.ts';
import { misuse } from '../../input/misuse.ts';

/** Reads and parses a configuration file; `-` is stdin. @throws Invalid `usage`; Invalid as parseConfigurationText */
export async function readConfiguration({ stdin, cwd }: Cli, file: string): Promise<ConfigurationText> {
  const path = resolve(cwd, file);
  let bytes: Buffer;
  try {
    bytes =
      file === '-' ? await readStream(stdin, MAX_FILE_BYTES) : await readBounded(path, { maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    if (!(error instanceof FileUnreadable)) throw error;
    if (error.isTooLarge) throw new Invalid('file-too-large', 'The file is larger than 4 MiB.');
    throw misuse(`The file can’t be read (${error.reason}).`, { file: path });
  }
  return parseConfigurationText(bytes, file === '-' ? '' : basename(path));
}
