import type { Client, Entry } from './client.ts';
import { readMember, removeMember, setMember } from './jsonEdit.ts';
import { readTable, removeTable, setKeys } from './tomlEdit.ts';
import { readYaml, removeYaml, setYaml } from './yamlEdit.ts';

/** How entries of files of one format are read and changed. @throws Refused `client-file-unreadable`, `client-file-unexpected` */
interface EntryEdit {
  readonly read: (text: string, path: readonly string[]) => unknown;
  /** @param ours the names of the members that are written by `connect` */
  readonly set: (text: string, path: readonly string[], entry: Entry, ours: readonly string[]) => string;
  readonly remove: (text: string, path: readonly string[]) => string;
}

export const ENTRY_EDITS: Readonly<Record<Client['format'], EntryEdit>> = {
  json: { read: readMember, set: setMember, remove: removeMember },
  toml: {
    read: readTable,
    // Only our members are written into a table: its others stay where they are.
    set: (text, path, entry, ours) =>
      setKeys(text, path, Object.fromEntries(ours.map((key) => [key, String(entry[key])]))),
    remove: removeTable,
  },
  yaml: { read: readYaml, set: setYaml, remove: removeYaml },
};
