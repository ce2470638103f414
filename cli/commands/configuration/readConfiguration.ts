import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import {
  MAX_FILE_BYTES,
  parseConfigurationText,
  type ConfigurationText,
} from '../../../src/configuration/configurationText.ts';
import { Invalid } from '../../../src/errors.ts';
import type { Cli } from '../../cli.ts';
import { wrongUsage } from '../../usage.ts';

/** Reads and parses a configuration file; `-` is stdin. @throws Invalid `usage`; Invalid as parseConfigurationText */
export async function readConfiguration({ stdin, cwd }: Cli, file: string): Promise<ConfigurationText> {
  if (file === '-') return parseConfigurationText(await readAll(stdin));
  const path = resolve(cwd, file);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw wrongUsage(`The file can’t be read (${code}).`, { file: path });
  }
  return parseConfigurationText(bytes, basename(path));
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as string);
    size += bytes.length;
    if (size > MAX_FILE_BYTES) throw new Invalid('file-too-large', 'The file is larger than 4 MiB.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
