import type { AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { objectIn, readable } from '../../src/storedJson.ts';
import type { Change } from './change.ts';

/** The settings of a server by name, as a registration and an update have them; what is secret of them is sealed. */
type Settings = ReadonlyMap<string, string>;

/** What the setting is called for people; all others by their own names. */
const WORDS: Readonly<Record<string, string>> = {
  url: 'URL',
  args: 'arguments',
  cwd: 'folder',
  onToolChange: 'changed tools',
};

/** Finds what each event of a server's history changed in its settings, in their order. */
export function settingsChangesOf(history: readonly AuditEventRow[]): Change[][] {
  let before: Settings | undefined;
  return history.map(({ type, data }) => {
    if (type !== 'McpServerRegistered' && type !== 'McpServerUpdated') return [];
    const after = readable(() => settingsIn(objectIn(data)));
    if (after === undefined) return [];
    const was = type === 'McpServerUpdated' ? before : undefined;
    before = after;
    return was === undefined ? [] : differences(was, after);
  });
}

function differences(was: Settings, is: Settings): Change[] {
  const plain = [...new Set([...was.keys(), ...is.keys()])].flatMap((name): Change[] => {
    const [from, to] = [was.get(name) ?? 'none', is.get(name) ?? 'none'];
    return from === to ? [] : [{ what: WORDS[name] ?? name, from, to }];
  });
  // The trail has nothing of what is sealed; an update that changes nothing is no event.
  return plain.length === 0 ? [{ what: 'headers or variables', to: 'changed' }] : plain;
}

function settingsIn({ limits, timeouts, reason: _reason, ...others }: Readonly<Record<string, unknown>>): Settings {
  const all = Object.entries({ ...others, ...objectIn(limits), ...objectIn(timeouts) });
  return new Map(all.filter(([, value]) => value !== undefined).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
