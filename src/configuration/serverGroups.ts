import { isAbsent, isRecord, textOf, type JsonRecord } from './entryMembers.ts';

/** An entry of a client’s file, unread. */
export interface NamedEntry {
  readonly name: string;
  /** False for one in a list that has no name; `name` says which. */
  readonly isNamed: boolean;
  readonly entry: unknown;
  readonly isCodex: boolean;
}

/** Finds the servers of a client’s file, wherever clients have them. @returns undefined when there is no place for any */
export function serverGroups(file: JsonRecord): NamedEntry[] | undefined {
  const settings = isRecord(file['mcp']) ? file['mcp'] : {};
  const groups = [
    entriesOf(file['mcpServers']),
    entriesOf(file['servers']),
    entriesOf(file['context_servers']),
    entriesOf(file['amp.mcpServers']),
    entriesOf(settings['servers']),
    entriesAmong(settings, isOpenCodeEntry),
    entriesAmong(file['extensions'], isGooseEntry),
    entriesOf(file['mcp_servers'])?.map((entry) => ({ ...entry, isCodex: true })),
  ].filter((group) => group !== undefined);
  return groups.length === 0 ? undefined : groups.flat();
}

/** Reads a group of servers: by name, or a list in which each has its `name`. @returns undefined for what is no group */
function entriesOf(group: unknown): NamedEntry[] | undefined {
  if (isRecord(group)) return Object.entries(group).map(named);
  if (!Array.isArray(group)) return undefined;
  return group.map((entry: unknown, at) => {
    const names = isRecord(entry) ? [textOf(entry['name']), textOf(entry['id'])] : [];
    const name = names.find((each) => !isAbsent(each));
    return name === undefined
      ? { name: `number ${at + 1}`, isNamed: false, entry, isCodex: false }
      : named([name, entry]);
  });
}

/** Reads servers that stand among other settings. */
function entriesAmong(group: unknown, isEntry: (entry: JsonRecord) => boolean): NamedEntry[] | undefined {
  if (!isRecord(group)) return undefined;
  const found = Object.entries(group).filter(([, entry]) => isRecord(entry) && isEntry(entry));
  return found.length === 0 ? undefined : found.map(named);
}

function named([name, entry]: readonly [name: string, entry: unknown]): NamedEntry {
  return { name, isNamed: true, entry, isCodex: false };
}

function isOpenCodeEntry(entry: JsonRecord): boolean {
  return ['type', 'url', 'command'].some((member) => typeof entry[member] === 'string' || Array.isArray(entry[member]));
}

/** Goose has extensions of its own among them. */
function isGooseEntry(entry: JsonRecord): boolean {
  const { type } = isRecord(entry['config']) ? entry['config'] : entry;
  return typeof type === 'string' && /^(?:stdio|sse|streamable_http)$/.test(type);
}
