import { systemClock } from '../../src/clock.ts';
import { Refused } from '../../src/errors/appError.ts';
import { escape } from '../../src/escape.ts';
import type { Client, Entry } from './client.ts';
import { editFile, type EditOptions } from './editFile.ts';
import { formatDiff, lineDiff } from './lineDiff.ts';
import { readOrEmpty, replaceFile } from './replaceFile.ts';

/** A change of a client's file that nobody has made yet. */
export interface EntryChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** For people: secrets in it are left out. Empty: the file has it all already. */
  readonly diff: readonly string[];
}

/** Finds what entries would change in a client's file. @throws Refused, and what editing throws */
export async function planEntries(
  { client, file, entries }: PlannedEntries,
  options: EditOptions,
): Promise<EntryChange> {
  return naming(file, async () => {
    const before = await readOrEmpty(file);
    const after = editFile(client, before, entries, options);
    return { file, before, after, diff: formatDiff(lineDiff(before, after)) };
  });
}

export interface PlannedEntries {
  readonly client: Client;
  readonly file: string;
  readonly entries: Readonly<Record<string, Entry>>;
}

/** Makes the change. @returns where what was there is kept; undefined for a new file @throws Refused as replaceFile */
export async function makeEntryChange({ file, before, after }: EntryChange): Promise<string | undefined> {
  return naming(file, () => replaceFile(file, { before, after, now: new Date(systemClock()) }));
}

/** Whoever did not name a file has to learn which one is meant. */
async function naming<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, message, data } = error;
    throw new Refused(code, `${escape(file)}: ${message}`, { data: { file, ...data }, cause: error });
  }
}
