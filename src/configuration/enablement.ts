import { meaningOf } from './bareWord.ts';
import type { JsonRecord } from './entryMembers.ts';

/** Members that turn a server on or off, by their names without case, `-` and `_`. */
const TOGGLES: Readonly<Record<string, 'on' | 'off' | 'either'>> = {
  enabled: 'on',
  enable: 'on',
  isenabled: 'on',
  active: 'on',
  isactive: 'on',
  activated: 'on',
  on: 'on',
  disabled: 'off',
  disable: 'off',
  isdisabled: 'off',
  inactive: 'off',
  isinactive: 'off',
  deactivated: 'off',
  suspended: 'off',
  off: 'off',
  paused: 'off',
  ispaused: 'off',
  status: 'either',
  state: 'either',
};

const YES = new Set(['true', 'yes', 'y', 't', 'on', '1']);
const NO = new Set(['false', 'no', 'n', 'f', 'off', '0']);
/** What means the same whatever the member is called: `"disabled": "disabled"`. */
const RUNS = new Set('enabled enable active activated running connected ready ok online started available'.split(' '));
const RESTS = new Set('disabled disable inactive deactivated paused stopped suspended'.split(' '));

export interface Enablement {
  /** Undefined when nothing is stated. Where members contradict each other, the safe one counts: off. */
  readonly enabled: boolean | undefined;
  /** A member whose value means neither. */
  readonly unclear: string | undefined;
}

/** Tells a member that enablementOf reads. */
export function isToggle(member: string): boolean {
  return toggleOf(member) !== undefined;
}

/** Reads whether an entry is on or off, in any client’s spelling; an entry may be more than one mapping. */
export function enablementOf(...mappings: readonly JsonRecord[]): Enablement {
  const stated = new Set<boolean>();
  let unclear: string | undefined;
  for (const [member, value] of mappings.flatMap((mapping) => Object.entries(mapping))) {
    const toggle = toggleOf(member);
    if (toggle === undefined) continue;
    const enabled = readToggle(toggle, meaningOf(value));
    if (enabled === 'unclear') unclear ??= member;
    else if (enabled !== undefined) stated.add(enabled);
  }
  return { enabled: stated.has(false) ? false : stated.has(true) ? true : undefined, unclear };
}

function toggleOf(member: string): 'on' | 'off' | 'either' | undefined {
  const name = member.toLowerCase().replace(/[-_ ]/g, '');
  return Object.hasOwn(TOGGLES, name) ? TOGGLES[name] : undefined;
}

function readToggle(toggle: 'on' | 'off' | 'either', value: unknown): boolean | undefined | 'unclear' {
  // What a client has stored of a running server.
  if (toggle === 'either' && typeof value === 'object') return undefined;
  if (value === null || value === undefined) return undefined;
  const word =
    typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint'
      ? String(value).trim().toLowerCase()
      : undefined;
  if (word === undefined) return 'unclear';
  if (word === '') return undefined;
  if (RUNS.has(word)) return true;
  if (RESTS.has(word)) return false;
  if (!YES.has(word) && !NO.has(word)) return 'unclear';
  return YES.has(word) === (toggle !== 'off');
}
