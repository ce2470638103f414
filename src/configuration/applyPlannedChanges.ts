import type { Administration } from '../administration/administration.ts';
import type { IssuedKey } from '../administration/apiKeys.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { Step } from './applyPlan.ts';
import { performKey } from './performKey.ts';
import { performRole } from './performRole.ts';
import { performServer } from './performServer.ts';

export interface ApplyChangesOptions {
  /** Of a dry run: nothing is changed, and what would stop the plan stops it. */
  readonly administration: Administration;
  readonly context: CommandContext;
  readonly reason: string | undefined;
  /** Takes the secret of a new key, before anything else can fail. (Default: there are no new keys) */
  readonly onIssued?: (issued: IssuedKey) => Promise<void>;
}

/** How far a plan got. */
export interface PlanProgress {
  /** Changes that are made. */
  readonly applied: readonly Step[];
  /** Gateways that did not confirm in time. */
  readonly unconfirmed: ReadonlySet<string>;
  /** Why lists do not show what is in force. */
  readonly pending: string | undefined;
  /** Where it stopped before its end, why, and what was not tried. */
  readonly failure: { readonly step: Step; readonly error: unknown; readonly rest: readonly Step[] } | undefined;
}

/** Makes the changes of a plan, one after the other, and stops at the first that fails. Never rejects. */
export async function applyPlannedChanges(
  steps: readonly Step[],
  {
    administration: { keys, roles, servers },
    context,
    reason,
    onIssued = () => Promise.resolve(),
  }: ApplyChangesOptions,
): Promise<PlanProgress> {
  const applied: Step[] = [];
  const unconfirmed = new Set<string>();
  let pending: string | undefined;
  /** The revisions that the steps have left, by role: one of them may be changed twice. */
  const left = new Map<string, number | undefined>();
  const real = steps.filter(({ action }) => action !== 'none');
  for (const [at, step] of real.entries()) {
    try {
      const performed =
        step.kind === 'server'
          ? await performServer(step, servers, context, reason)
          : step.kind === 'role'
            ? await performRole({ ...step, revision: left.get(step.name) ?? step.revision }, roles, context, reason)
            : await performKey(step, { keys, roles, context, reason, onIssued });
      for (const name of performed.unconfirmed) unconfirmed.add(name);
      pending = performed.pending ?? pending;
      if (step.kind === 'role') left.set(step.name, performed.revision);
      applied.push(step);
    } catch (error) {
      return { applied, unconfirmed, pending, failure: { step, error, rest: real.slice(at + 1) } };
    }
  }
  return { applied, unconfirmed, pending, failure: undefined };
}
