import { FileUnreadable, readBounded, readStream } from '../../src/boundedRead.ts';
import type { Cli } from '../cli.ts';
import { misuse } from './misuse.ts';

export interface ReadTextOptions {
  /** Begins the sentence of a failure: “The checkpoint”. */
  readonly what: string;
  readonly maxBytes: number;
  /** The data of an error; a path may be a secret in the wrong place. (Default: nothing) */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Reads a text that the command line names. @throws Invalid `usage` */
export function readTextFile(path: string, options: ReadTextOptions): Promise<string> {
  return asText(readBounded(path, options), options);
}

/** Reads stdin to its end. @throws Invalid `usage` */
export function readStdin({ stdin }: Pick<Cli, 'stdin'>, options: ReadTextOptions): Promise<string> {
  return asText(readStream(stdin, options.maxBytes), options);
}

async function asText(reading: Promise<Buffer>, { what, data }: ReadTextOptions): Promise<string> {
  try {
    return (await reading).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof FileUnreadable)) throw cause;
    throw misuse(`${what} can’t be read (${cause.reason}).`, data);
  }
}
