import { isBareWord, meaningOf, writtenText } from './bareWord.ts';
import { invalidEntry } from './faulty.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Tells a mapping from other values. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isBareWord(value);
}

/** What clients call a member that others call otherwise: Goose, OpenCode, Cherry Studio, Warp. */
const SYNONYMS: Readonly<Record<string, string>> = {
  uri: 'url',
  baseUrl: 'url',
  cmd: 'command',
  environment: 'env',
  envs: 'env',
  working_directory: 'cwd',
  workingDirectory: 'cwd',
  env_file: 'envFile',
};

/** Members that hold other members: Goose’s `config`, Continue’s `requestOptions`, `transport` as a mapping. */
const HOLDERS = ['config', 'requestOptions', 'transport'];

/**
 * Reads an entry into the members that most clients have. `null` and an empty text mean that a member is absent; an
 * older `command` of Zed is a mapping, and one of OpenCode a list.
 */
export function entryMembers(entry: JsonRecord): JsonRecord {
  const members: Record<string, unknown> = {};
  for (const held of mappingsOf(entry).slice(1)) take(members, held);
  take(
    members,
    Object.fromEntries(Object.entries(entry).filter(([name, value]) => !(HOLDERS.includes(name) && isRecord(value)))),
  );
  const { command } = members;
  if (isRecord(command)) {
    delete members['command'];
    const { path, ...others } = command;
    take(members, { command: path, ...others });
  } else if (Array.isArray(command)) {
    const [program, ...args] = command as unknown[];
    const more: unknown = members['args'];
    Object.assign(members, { command: program, args: [...args, ...(Array.isArray(more) ? (more as unknown[]) : [])] });
  }
  return members;
}

/** The entry itself, then the members of it that hold others. */
export function mappingsOf(entry: JsonRecord): readonly JsonRecord[] {
  return [entry, ...HOLDERS.map((holder) => entry[holder]).filter(isRecord)];
}

function take(members: Record<string, unknown>, from: JsonRecord): void {
  for (const [name, value] of Object.entries(from)) {
    if (isAbsent(value)) continue;
    const known = Object.hasOwn(SYNONYMS, name) ? (SYNONYMS[name] ?? name) : name;
    // A name of its own counts before a synonym.
    if (known !== name && Object.hasOwn(members, known)) continue;
    Object.defineProperty(members, known, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** Tells whether a member says nothing. */
export function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '');
}

/** @throws Faulty */
export function textMember(entry: JsonRecord, member: string): string | undefined {
  const value = Object.hasOwn(entry, member) ? entry[member] : undefined;
  const text = textOf(value);
  if (value === undefined || text !== undefined) return text;
  throw invalidEntry(`its ${member} is no text`);
}

/** Reads a list of texts. @throws Faulty */
export function listMember(entry: JsonRecord, member: string): readonly string[] | undefined {
  const value = entry[member];
  if (value === undefined) return undefined;
  const texts = Array.isArray(value) ? value.map(textOf) : [undefined];
  if (texts.every((text) => text !== undefined)) return texts;
  throw invalidEntry(`its ${member} is no list of texts, as ["-y", "some-package"]`);
}

type Pair = readonly [name: string, text: string | undefined];

/** Reads a mapping whose empty texts say nothing: undefined, as null is. @throws Faulty */
export function pairsMember(entry: JsonRecord, member: string): Pair[] {
  return writtenPairs(entry, member).map(([name, text]) => [name, isAbsent(text) ? undefined : text]);
}

/**
 * Reads a mapping of texts, or a list: `[{ "name": …, "value": … }]`, `["Name: value"]`. What has no quotes is the text
 * that stands there. Null is undefined; an empty text is one.
 * @throws Faulty
 */
export function writtenPairs(entry: JsonRecord, member: string): Pair[] {
  const value = entry[member];
  if (value === undefined) return [];
  if (!isRecord(value) && !Array.isArray(value)) throw invalidEntry(`its ${member} is no mapping of texts`);
  const pairs = Array.isArray(value) ? value.map((item) => pairOf(item, member)) : Object.entries(value);
  return pairs.map(([name, text]) => {
    if (text === null || text === undefined) return [name, undefined];
    const written = textOf(text);
    if (written !== undefined) return [name, written];
    const isNumber = typeof text === 'number' || typeof text === 'bigint';
    const what = isNumber
      ? 'a number without quotes, of which the text would be a guess; write it in quotes'
      : 'no text';
    throw invalidEntry(`its ${member} has a value that is ${what}`);
  });
}

function pairOf(item: unknown, member: string): readonly [name: string, value: unknown] {
  if (typeof item === 'string') {
    const [, name, value] = /^\s*([^:=\s]+)\s*[:=]([^]*)$/.exec(item) ?? [];
    if (name !== undefined) return [name, value?.trim()];
  }
  if (isRecord(item)) {
    const name = item['name'] ?? item['key'];
    if (typeof name === 'string' && 'value' in item) return [name, item['value']];
  }
  throw invalidEntry(`its ${member} is no mapping of texts`);
}

/** Gives the characters that stand in the file. TOML’s numbers come without them. */
export function textOf(value: unknown): string | undefined {
  if (isBareWord(value)) return writtenText(value);
  return typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : undefined;
}

/** Reads a number of some unit; anything else counts as not stated. */
export function millisecondsMember(entry: JsonRecord, member: string, unitMs: number): number | undefined {
  const value = meaningOf(entry[member]);
  const ms = typeof value === 'number' ? Math.round(value * unitMs) : 0;
  return Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
}
