import { isReservedMember } from '../reservedMembers.ts';
import { GATEWAY_KEY } from '../settings/variables.ts';
import type { CurrentServer } from './currentState.ts';
import { usesOf } from './delivery.ts';
import { desireServer } from './desiredServer.ts';
import type { Problem, ValueOf } from './referenceValue.ts';
import type { ClientFile, FaultyEntry, ForeignServer } from './foreignServer.ts';
import { serverNameFrom } from './serverNames.ts';
import { planServer, type ServerStep } from './serverStep.ts';
import { revealingAddress } from './shownSecrets.ts';

/** What an import would do with one entry of the file. */
export interface ImportedEntry {
  /** As in the file. */
  readonly entry: string;
  /** The server’s name here. */
  readonly name: string;
  readonly outcome: 'create' | 'change' | 'none' | 'skip' | 'refuse';
  /** Undefined when skipped or refused. */
  readonly step: ServerStep | undefined;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

export interface ImportOptions {
  /** Before every name. */
  readonly prefix: string;
  /** Whether servers that exist with other settings are changed; else they are refused. */
  readonly update: boolean;
  /** Of the file. */
  readonly folder: string;
  /** Entries that lead to the gateway of this installation itself. (Default: none) */
  readonly own?: ReadonlySet<ForeignServer>;
}

/** An entry under the name that it gets. */
export interface NamedServer {
  readonly foreign: ForeignServer;
  readonly name: string;
}

/** Gives each server of a file its name here. */
export function nameServers({ servers }: ClientFile, prefix: string): NamedServer[] {
  return servers.map((foreign) => ({ foreign, name: serverNameFrom(`${prefix}${foreign.name}`) }));
}

/** Plans an import. `currentOf` knows the servers that are there. */
export function planImport(
  file: ClientFile,
  options: ImportOptions,
  currentOf: (name: string) => CurrentServer | undefined,
  valueOf: ValueOf,
): ImportedEntry[] {
  const named = nameServers(file, options.prefix);
  const byName = Map.groupBy(named, ({ name }) => name);
  const entries = named.map((each) => {
    const others = (byName.get(each.name) ?? []).filter(({ foreign }) => foreign !== each.foreign);
    // What is off makes way for what is on.
    const rivals = others.filter(({ foreign }) => foreign.enabled !== false || each.foreign.enabled === false);
    return planEntry(each, rivals[0], options, currentOf(each.name), valueOf);
  });
  const faulty = file.faulty.map((each): ImportedEntry => ({
    entry: each.name,
    name: serverNameFrom(`${options.prefix}${each.name}`),
    step: undefined,
    ...faultOf(each),
    notes: [],
  }));
  return [...entries, ...faulty];
}

/** What is passed by anyway refuses no file: its faults are not looked at. */
function faultOf({ kind, code, reason, enabled }: FaultyEntry): Pick<ImportedEntry, 'outcome' | 'problems'> {
  if (kind === 'refuse' && enabled === false)
    return { outcome: 'skip', problems: passedBy([{ code, message: reason }]) };
  return { outcome: kind, problems: [{ code, message: reason }] };
}

function passedBy(problems: readonly Problem[]): Problem[] {
  return problems.map(({ code, message }) => ({
    code,
    message: `the file turns it off, so it is left out: ${message}`,
  }));
}

function planEntry(
  { foreign, name }: NamedServer,
  rival: NamedServer | undefined,
  { update, folder, own }: ImportOptions,
  current: CurrentServer | undefined,
  valueOf: ValueOf,
): ImportedEntry {
  const renamed = name === foreign.name ? [] : [`“${foreign.name}” of the file is called ${name} here`];
  const base = { entry: foreign.name, name, notes: [...renamed, ...foreign.notes] };
  const isOff = foreign.enabled === false;
  const without = (outcome: 'skip' | 'refuse', problems: readonly Problem[]): ImportedEntry => ({
    ...base,
    outcome,
    step: undefined,
    problems,
  });
  const faulty = (problems: readonly Problem[]) =>
    isOff ? without('skip', passedBy(problems)) : without('refuse', problems);
  if (own?.has(foreign) === true) {
    const message = 'it leads to this gateway itself, so it is the client’s way to it and no server for it';
    return without('skip', [{ code: 'own-gateway', message }]);
  }
  if (usesOf(foreign).some(({ reference }) => reference.kind === 'env' && reference.name === GATEWAY_KEY)) {
    // What `connect` has written into a client’s file: as a server here, it would lead the gateway to itself.
    const message = `it uses ${GATEWAY_KEY}, so it is the client’s way to a gateway of MetaMCP and no server for one`;
    return without('skip', [{ code: 'own-secret', message }]);
  }
  if (isReservedMember(foreign.name)) {
    return faulty([{ code: 'member-reserved', message: 'a server can’t be called so' }]);
  }
  if (rival !== undefined) {
    const message = `“${rival.foreign.name}” in the file would be called ${name}, too; rename one of them`;
    return faulty([{ code: 'name-collision', message }]);
  }
  const wanted = desireServer(name, foreign, current, valueOf, folder);
  if ('problems' in wanted) return faulty(wanted.problems);
  const step = planServer(wanted.desired, current);
  if (step.action === 'change' && !update) {
    const fields = step.changes.map(({ field }) => field).join(', ');
    const message = `a server ${name} exists with other settings (${fields}); --update changes it, --prefix keeps both`;
    return without('refuse', [{ code: 'server-exists', message }]);
  }
  const notes = [...base.notes, ...revealingAddress(wanted.desired.input.settings)];
  // Only a plan of removals has another action.
  return { ...base, notes, outcome: step.action === 'remove' ? 'none' : step.action, step, problems: [] };
}
