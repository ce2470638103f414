import { unmetServers } from '../administration/unmetGrants.ts';
import { validUntilMs } from '../projections/tables/apiKeys.ts';
import type { ConfigurationFile } from './configurationFile.ts';
import type { Place } from './configurationText.ts';
import type { CurrentKey, CurrentRole, CurrentServer } from './currentState.ts';
import { desireServer } from './desiredServer.ts';
import type { Problem, ValueOf } from './referenceValue.ts';
import { desireKey, planKey, planKeyRemoval, type DesiredKey, type KeyStep } from './keyStep.ts';
import { planRole, planRoleRemoval, type RoleStep } from './roleStep.ts';
import { ownServer } from './ownFile.ts';
import { planServer, planServerRemoval, type ServerStep } from './serverStep.ts';
import { revealingAddress } from './shownSecrets.ts';
import { shortId } from '../shortId.ts';

export type Step = ServerStep | RoleStep | KeyStep;

/** Why a part of the file can’t be applied. */
export interface PlanProblem extends Problem, Partial<Place> {
  readonly kind: Step['kind'];
  readonly name: string;
}

/** What is there and not in the file. */
export interface Unmanaged {
  readonly kind: Step['kind'];
  readonly name: string;
  /** Of a key. */
  readonly id: string | undefined;
}

export interface ApplyPlan {
  /**
   * In the order in which they are done: servers, then roles and keys, whose grants name them; removals last. A role that gives
   * more does so once the keys that lose it have lost it, and one that gives less before keys get it; one that gives more and less is
   * changed twice.
   */
  readonly steps: readonly Step[];
  readonly problems: readonly PlanProblem[];
  readonly warnings: readonly string[];
  /** What is removed only when that is asked for, and was not. */
  readonly unmanaged: readonly Unmanaged[];
}

export interface ApplyPlanOptions {
  readonly file: ConfigurationFile;
  readonly placeOf: (path: readonly string[]) => Place | undefined;
  readonly servers: readonly CurrentServer[];
  readonly roles: readonly CurrentRole[];
  /** Deleted ones excepted. */
  readonly keys: readonly CurrentKey[];
  readonly valueOf: ValueOf;
  /** Of the file. */
  readonly folder: string;
  readonly prune: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Compares a file with what is there. A section that the file does not have is left alone altogether. */
export function planApply(options: ApplyPlanOptions): ApplyPlan {
  const { file, prune } = options;
  const servers = file.servers === undefined ? NOTHING : planServers(options, file.servers);
  const roles = file.roles === undefined ? NOTHING : planRoles(options, file.roles);
  const [late, early] = [roles.steps.filter(isLate), roles.steps.filter((step) => !isLate(step))];
  const keys = file.keys === undefined ? NOTHING : planKeys(options, file.keys);
  const removals = prune ? [...keys.removals, ...roles.removals, ...servers.removals] : [];
  const unmanaged = prune ? [] : [...servers.removals, ...roles.removals, ...keys.removals];
  return {
    steps: [...servers.steps, ...early, ...keys.steps, ...late, ...removals],
    problems: [...servers.problems, ...keys.problems],
    warnings: [...servers.warnings, ...roles.warnings, ...keys.warnings],
    unmanaged: unmanaged.map((step) => ({
      kind: step.kind,
      name: step.name,
      id: step.kind === 'key' ? step.id : undefined,
    })),
  };
}

interface Part {
  readonly steps: readonly Step[];
  readonly removals: readonly Step[];
  readonly problems: readonly PlanProblem[];
  readonly warnings: readonly string[];
}

const NOTHING: Part = { steps: [], removals: [], problems: [], warnings: [] };

function planServers(options: ApplyPlanOptions, wanted: NonNullable<ConfigurationFile['servers']>): Part {
  const { servers, valueOf, placeOf, folder } = options;
  const current = new Map(servers.map((server) => [server.name, server]));
  const steps: Step[] = [];
  const problems: PlanProblem[] = [];
  const warnings: string[] = [];
  for (const [name, server] of Object.entries(wanted)) {
    // Without a base: what the file does not say has its default, not what is there.
    const result = desireServer(name, ownServer(name, server), undefined, valueOf, folder);
    if ('problems' in result) {
      const place = placeOf(['servers', name]);
      problems.push(...result.problems.map((each) => ({ kind: 'server' as const, name, ...each, ...place })));
      continue;
    }
    steps.push(planServer(result.desired, current.get(name)));
    for (const warning of revealingAddress(result.desired.input.settings))
      warnings.push(`The server ${name}: ${warning}.`);
  }
  const removals = servers.filter(({ name }) => !Object.hasOwn(wanted, name)).map(planServerRemoval);
  return { steps, removals, problems, warnings };
}

function isLate(step: Step): boolean {
  return step.kind === 'role' && step.adds;
}

function planRoles(options: ApplyPlanOptions, wanted: NonNullable<ConfigurationFile['roles']>): Part {
  const { roles } = options;
  const current = new Map(roles.map((role) => [role.name, role]));
  const steps = Object.entries(wanted).flatMap(([name, role]) => planRole(name, role, current.get(name)));
  return {
    steps,
    removals: roles.filter(({ name }) => !Object.hasOwn(wanted, name)).map(planRoleRemoval),
    problems: [],
    warnings: Object.entries(wanted).flatMap(([name, { grants }]) =>
      unknownServers(grants, options).map((unmet) => `The role ${name} ${unmet.replace(/^is granted /, 'grants ')}`),
    ),
  };
}

function planKeys(options: ApplyPlanOptions, wanted: NonNullable<ConfigurationFile['keys']>): Part {
  const { keys, placeOf, now } = options;
  const working = keys.filter((key) => key.status !== 'deleted' && validUntilMs(key) > now);
  const byName = Map.groupBy(working, ({ name }) => name);
  const steps: Step[] = [];
  const problems: PlanProblem[] = [];
  const warnings: string[] = [];
  for (const [name, key] of Object.entries(wanted)) {
    const desired = desireKey(name, key);
    const named = byName.get(name) ?? [];
    // What a rotation has replaced is not the key any more, although it may work for a while.
    const [current, ...others] = named.filter(({ successorId }) => successorId === null);
    const problem = keyProblem(desired, current, others, now) ?? roleProblem(desired, options);
    if (problem === undefined) steps.push(planKey(desired, current));
    else problems.push({ kind: 'key', name, ...problem, ...placeOf(['keys', name]) });
    for (const { id, validUntil } of named.filter(({ successorId }) => successorId !== null)) {
      const until = validUntil === null ? '' : ` until ${validUntil.toISOString()}`;
      warnings.push(
        `The key “${name}” (${shortId(id)}), which a rotation has replaced, works${until} with its own access; the file does not change it.`,
      );
    }
    warnings.push(...unknownServers(desired.grants, options).map((unmet) => `The key “${name}” ${unmet}`));
  }
  return {
    steps,
    removals: working.filter(({ name }) => !Object.hasOwn(wanted, name)).map(planKeyRemoval),
    problems,
    warnings,
  };
}

function keyProblem(
  { description, expiresAt }: DesiredKey,
  current: CurrentKey | undefined,
  others: readonly CurrentKey[],
  now: number,
): Problem | undefined {
  if (current !== undefined && others.length > 0) {
    const named = [current, ...others].map(({ name, id }) => `${name} (${shortId(id)})`).join(', ');
    return { code: 'key-name-ambiguous', message: `several keys have this name: ${named}; delete all but one` };
  }
  if (current !== undefined && description !== undefined && description !== (current.description ?? '')) {
    return {
      code: 'key-description-fixed',
      message: 'its description can’t be changed after its creation; leave it as it was, or out',
    };
  }
  const past =
    expiresAt !== undefined && Date.parse(expiresAt) <= now && current?.expiresAt?.toISOString() !== expiresAt;
  return past ? { code: 'expiry-in-past', message: `its expiry, ${expiresAt}, lies in the past` } : undefined;
}

/** A role that is neither there nor in the file, or that goes. */
function roleProblem({ roles: wanted }: DesiredKey, { file, roles, prune }: ApplyPlanOptions): Problem | undefined {
  const stay = prune && file.roles !== undefined ? [] : roles.map(({ name }) => name);
  const known = new Set([...stay, ...Object.keys(file.roles ?? {})]);
  const missing = wanted.filter((name) => !known.has(name));
  if (missing.length === 0) return undefined;
  return { code: 'role-not-found', message: `there is no role ${missing.join(', ')}; state it under roles` };
}

function unknownServers(grants: readonly string[], { file, servers, prune }: ApplyPlanOptions): string[] {
  const stay = prune && file.servers !== undefined ? [] : servers.map((server) => server.name);
  return unmetServers(grants, [...new Set([...stay, ...Object.keys(file.servers ?? {})])]);
}
