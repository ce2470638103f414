import { Refused } from '../../src/errors/appError.ts';
import type { Client, Entry } from './client.ts';
import { appendItem, readMember, removeMember, setMember } from './jsonEdit.ts';
import { isOfOneServer, isRecord, leadsTo, mergeEntry } from './mergeEntry.ts';
import { readTable, removeTable, setKeys } from './tomlEdit.ts';

export interface EditOptions {
  /** Also entries that lead somewhere else. */
  readonly replace: boolean;
  /** The gateway, where the entry is that of all its servers: those of single ones go. */
  readonly allOf?: string | undefined;
}

/**
 * Puts entries into the text of a client's file; everything else in it stays byte for byte.
 * @throws Refused `client-file-unreadable`, `client-file-unexpected`, `client-entry-differs`
 */
export function editFile(
  client: Client,
  text: string,
  entries: Readonly<Record<string, Entry>>,
  { replace, allOf }: EditOptions,
): string {
  let edited = text;
  const replaced = allOf === undefined ? [] : entriesOfOneServer(client, text, allOf);
  for (const [name, ours] of Object.entries(entries)) {
    const existing = read(client, edited, name);
    const isOurs = existing !== undefined && leadsTo(existing, allOf === undefined ? `/mcp/${name}` : '/mcp');
    if (existing !== undefined && !isOurs && !replace) throw differs(client, name);
    // What leads somewhere else has nothing in it that would be of use here.
    const keeps = isOurs ? existing : replaced[0]?.entry;
    const entry = mergeEntry(keeps, ours);
    if (entry === existing) continue;
    edited =
      client.format === 'toml'
        ? setKeys(edited, [client.member, name], strings(entry, ours))
        : setMember(edited, [client.member, name], entry);
  }
  for (const { name } of replaced) {
    const path = [client.member, name];
    edited = client.format === 'toml' ? removeTable(edited, path) : removeMember(edited, path);
  }
  return client.input === undefined ? edited : withInput(edited, client.input);
}

/** Of the first one the new entry takes over what the user has added, above all a key. */
function entriesOfOneServer({ format, member }: Client, text: string, base: string) {
  const all = format === 'toml' ? readTable(text, [member]) : readMember(text, [member]);
  if (!isRecord(all)) return [];
  return Object.entries(all).flatMap(([name, entry]) =>
    isRecord(entry) && isOfOneServer(entry, name, base) ? [{ name, entry }] : [],
  );
}

function read({ format, member }: Client, text: string, name: string): Entry | undefined {
  const value = format === 'toml' ? readTable(text, [member, name]) : readMember(text, [member, name]);
  if (value === undefined || isRecord(value)) return value;
  throw new Refused('client-file-unexpected', `The entry “${name}” in the file is no object; it is left as it is.`);
}

/** Only our members are written into a table: its others stay where they are. */
function strings(entry: Entry, ours: Entry): Record<string, string> {
  return Object.fromEntries(Object.keys(ours).map((key) => [key, String(entry[key])]));
}

function withInput(text: string, input: Entry): string {
  const inputs = readMember(text, ['inputs']);
  const isThere = Array.isArray(inputs) && inputs.some((each) => isRecord(each) && each['id'] === input['id']);
  return isThere ? text : appendItem(text, ['inputs'], input);
}

function differs({ title }: Client, name: string): Refused {
  return new Refused(
    'client-entry-differs',
    `${title} has another server named “${name}” already. Rename that one, or add --replace to put this one in its place.`,
    { data: { name } },
  );
}
