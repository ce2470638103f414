import { Refused } from '../../src/errors/appError.ts';
import type { Client, Entry } from './client.ts';
import { ENTRY_EDITS } from './entryEdit.ts';
import { appendItem, readMember } from './jsonEdit.ts';
import { isOfOneServer, isRecord, leadsTo, mergeEntry } from './mergeEntry.ts';

export interface EditOptions {
  /** Also entries that lead somewhere else. */
  readonly replace: boolean;
  /** The gateway, where the entry is that of all its servers: those of single ones go. */
  readonly allOf?: string | undefined;
}

/** Windows programs begin files with it; parsers of TOML take it for a fault. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Puts entries into the text of a client's file; everything else in it stays byte for byte.
 * @throws Refused `client-file-unreadable`, `client-file-unexpected`, `client-entry-differs`
 */
export function editFile(
  client: Client,
  text: string,
  entries: Readonly<Record<string, Entry>>,
  options: EditOptions,
): string {
  if (!text.startsWith(BYTE_ORDER_MARK)) return edit(client, text, entries, options);
  return BYTE_ORDER_MARK + edit(client, text.slice(BYTE_ORDER_MARK.length), entries, options);
}

function edit(
  client: Client,
  text: string,
  entries: Readonly<Record<string, Entry>>,
  { replace, allOf }: EditOptions,
): string {
  let edited = text;
  const { set, remove } = ENTRY_EDITS[client.format];
  const servers = serversPath(client, text);
  const replaced = allOf === undefined ? [] : entriesOfOneServer(client, text, servers, allOf);
  for (const [name, ours] of Object.entries(entries)) {
    const path = [...servers, name];
    const existing = readEntry(client, edited, path);
    const isOurs = existing !== undefined && leadsTo(existing, allOf === undefined ? `/mcp/${name}` : '/mcp');
    if (existing !== undefined && !isOurs && !replace) throw differs(client, name);
    // What leads somewhere else has nothing in it that would be of use here.
    const keeps = isOurs ? existing : replaced[0]?.entry;
    const entry = mergeEntry(keeps, ours);
    if (entry !== existing) edited = set(edited, path, entry, Object.keys(ours));
  }
  for (const { name } of replaced) edited = remove(edited, [...servers, name]);
  return client.input === undefined ? edited : withInput(edited, client.input);
}

/** Where the servers stand. A server that is itself named like the inner member is no such place. */
function serversPath({ format, member, innerMember }: Client, text: string): readonly string[] {
  if (innerMember === undefined) return [member];
  const inner = ENTRY_EDITS[format].read(text, [member, innerMember]);
  return isRecord(inner) && typeof inner['type'] !== 'string' ? [member, innerMember] : [member];
}

/** Of the first one the new entry takes over what the user has added, above all a key. */
function entriesOfOneServer({ format }: Client, text: string, servers: readonly string[], base: string) {
  const all = ENTRY_EDITS[format].read(text, servers);
  if (!isRecord(all)) return [];
  return Object.entries(all).flatMap(([name, entry]) =>
    isRecord(entry) && isOfOneServer(entry, name, base) ? [{ name, entry }] : [],
  );
}

function readEntry({ format }: Client, text: string, path: readonly string[]): Entry | undefined {
  const value = ENTRY_EDITS[format].read(text, path);
  if (value === undefined || isRecord(value)) return value;
  const name = path.at(-1) ?? '';
  throw new Refused('client-file-unexpected', `The entry “${name}” in the file is no object; it is left as it is.`);
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
