import { Refused } from '../../src/errors/appError.ts';
import type { Client, Entry } from './client.ts';
import { appendItem, readMember, setMember } from './jsonEdit.ts';
import { isRecord, leadsTo, mergeEntry } from './mergeEntry.ts';
import { readTable, setKeys } from './tomlEdit.ts';

export interface EditOptions {
  /** Also entries that lead somewhere else. */
  readonly replace: boolean;
}

/**
 * Puts entries into the text of a client's file; everything else in it stays byte for byte.
 * @throws Refused `client-file-unreadable`, `client-file-unexpected`, `client-entry-differs`
 */
export function editFile(
  client: Client,
  text: string,
  entries: Readonly<Record<string, Entry>>,
  { replace }: EditOptions,
): string {
  let edited = text;
  for (const [name, ours] of Object.entries(entries)) {
    const existing = read(client, edited, name);
    if (existing !== undefined && !leadsTo(existing, name) && !replace) throw differs(client, name);
    // What leads somewhere else has nothing in it that would be of use here.
    const keeps = existing !== undefined && leadsTo(existing, name) ? existing : undefined;
    const entry = mergeEntry(keeps, ours);
    if (entry === existing) continue;
    edited =
      client.format === 'toml'
        ? setKeys(edited, [client.member, name], strings(entry, ours))
        : setMember(edited, [client.member, name], entry);
  }
  return client.input === undefined ? edited : withInput(edited, client.input);
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
