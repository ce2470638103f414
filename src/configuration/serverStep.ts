import { foldName } from '../administration/secretRevision.ts';
import type { ServerInput } from '../administration/serverInput.ts';
import { DEFAULT_SETTINGS } from '../events/mcpServer.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import { changesBetween, SECRET, type FieldChange, type Fields } from './changes.ts';
import type { CurrentServer } from './currentState.ts';
import type { Delivery } from './delivery.ts';

/** A server as it shall be. */
export interface DesiredServer {
  readonly name: string;
  readonly input: ServerInput;
  readonly enabled: boolean;
  /** What of this machine it gets. */
  readonly deliveries: readonly Delivery[];
}

/** What has to happen to one server. */
export interface ServerStep {
  readonly kind: 'server';
  readonly action: 'create' | 'change' | 'none' | 'remove';
  readonly name: string;
  readonly changes: readonly FieldChange[];
  /** Undefined for a removal. */
  readonly desired: DesiredServer | undefined;
  /** True when more changes than whether it is enabled. */
  readonly settingsChange: boolean;
  /** The revision that the plan saw; undefined for a new one. */
  readonly revision: number | undefined;
}

/** What goes without saying of a new server. */
const DEFAULTS: Fields = {
  transport: 'http',
  isolation: DEFAULT_SETTINGS.isolation,
  'timeouts.connect_ms': DEFAULT_SETTINGS.timeouts.connectMs,
  'timeouts.idle_ms': DEFAULT_SETTINGS.timeouts.idleMs,
  'timeouts.total_ms': DEFAULT_SETTINGS.timeouts.totalMs,
  'limits.max_in_flight': DEFAULT_SETTINGS.limits.maxInFlight,
  enabled: true,
};

/** Plans one server. The plan of a new one leaves out what is so by default. */
export function planServer(desired: DesiredServer, current: CurrentServer | undefined): ServerStep {
  const kind = 'server';
  const { name } = desired;
  if (current === undefined) {
    const fields = { ...fieldsOf(desired), ...secretFields(desired.input, undefined) };
    const changes = changesBetween({}, fields).filter(({ field, after }) => after !== DEFAULTS[field]);
    return { kind, action: 'create', name, changes, desired, settingsChange: true, revision: undefined };
  }
  const settings = [
    ...changesBetween(settingFields(current.input), settingFields(desired.input)),
    ...secretChanges(current.input, desired.input),
  ];
  const enablement = changesBetween({ enabled: current.enabled }, { enabled: desired.enabled });
  const changes = [...settings, ...enablement];
  return {
    kind,
    action: changes.length === 0 ? 'none' : 'change',
    name,
    changes,
    desired,
    settingsChange: settings.length > 0,
    revision: current.revision,
  };
}

/** Plans that a server goes. */
export function planServerRemoval({ name, revision }: CurrentServer): ServerStep {
  const none = { changes: [], desired: undefined, settingsChange: false };
  return { kind: 'server', action: 'remove', name, revision, ...none };
}

function fieldsOf({ input, enabled }: DesiredServer): Fields {
  return { ...settingFields(input), enabled };
}

function settingFields({ settings }: ServerInput): Fields {
  const { transport, url, command, args, cwd, title, description, isolation, onToolChange, timeouts, limits } =
    settings;
  return {
    transport,
    url,
    command,
    // No arguments are none, stated or not.
    args: args?.length === 0 ? undefined : args,
    cwd,
    title,
    description,
    isolation,
    on_tool_change: onToolChange,
    'timeouts.connect_ms': timeouts.connectMs,
    'timeouts.idle_ms': timeouts.idleMs,
    'timeouts.total_ms': timeouts.totalMs,
    'timeouts.idle_stop_ms': timeouts.idleStopMs,
    'limits.max_in_flight': limits.maxInFlight,
    'limits.memory_bytes': limits.memoryBytes,
    'limits.open_files': limits.openFiles,
    'limits.processes': limits.processes,
    'limits.restarts': limits.restarts,
    'limits.rates': limits.rates?.toSorted(),
  };
}

/** Names of secrets, a header’s without its case (RFC 9110, 5.1), each with SECRET for its value: those that `other` has in the same way are left out. */
function secretFields({ secrets }: ServerInput, other: ServerInput | undefined): Fields {
  const fields = (kind: keyof ServerSecrets) => {
    const fold = (name: string) => foldName(kind, name);
    const others = new Map(Object.entries(other?.secrets[kind] ?? {}).map(([name, value]) => [fold(name), value]));
    return Object.entries(secrets[kind])
      .filter(([name, value]) => others.get(fold(name)) !== value)
      .map(([name]) => [`${kind}.${fold(name)}`, SECRET] as const);
  };
  return Object.fromEntries([...fields('headers'), ...fields('env')]);
}

/** Both sides of a changed secret read alike, so this compares by presence. */
function secretChanges(before: ServerInput, after: ServerInput): FieldChange[] {
  const gone = secretFields(before, after);
  const come = secretFields(after, before);
  const names = [...new Set([...Object.keys(come), ...Object.keys(gone)])];
  return names.map((field) => ({ field, before: gone[field], after: come[field] }));
}
