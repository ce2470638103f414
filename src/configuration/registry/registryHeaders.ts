import { keepHeaders, type EntryHeaders } from '../entryHeaders.ts';
import type { JsonRecord } from '../entryMembers.ts';
import { invalidEntry } from '../faulty.ts';
import { readInput, textIn } from './registryInput.ts';

/** Reads the headers of a remote; what is optional and has no default is left out. @throws Faulty */
export function registryHeaders(list: readonly JsonRecord[]): EntryHeaders {
  return keepHeaders(
    list.map((header) => {
      const name = textIn(header, 'name');
      if (name === undefined) throw invalidEntry('one of its headers has no name');
      return [name, readInput(header, name, true).template] as const;
    }),
  );
}
