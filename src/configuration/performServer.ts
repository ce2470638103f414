import type { McpServerAdministration } from '../administration/mcpServers.ts';
import { wholeRevision } from '../administration/serverInput.ts';
import type { CommandResult } from '../administration/enforcement.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { ServerStep } from './serverStep.ts';

/** What a step did. */
export interface Performed {
  readonly changed: boolean;
  /** The revision that it has left. */
  readonly revision?: number | undefined;
  /** Gateways that did not confirm in time. */
  readonly unconfirmed: readonly string[];
  /** Why lists do not show what is in force. */
  readonly pending?: string | undefined;
}

/** Done one after the other, each at the revision that the one before left: what somebody else does meanwhile is a conflict. */
type Change = (ifMatch: number | undefined) => Promise<CommandResult>;

/** Performs changes of one stream in order. @throws what they throw */
export async function performInOrder(changes: readonly Change[], revision: number | undefined): Promise<Performed> {
  const unconfirmed = new Set<string>();
  let changed = false;
  let seen = revision;
  let pending: string | undefined;
  for (const change of changes) {
    const settled = await change(seen);
    seen = settled.revision;
    changed ||= settled.changed;
    pending = settled.pending ?? pending;
    for (const name of settled.unconfirmed) unconfirmed.add(name);
  }
  return { changed, revision: seen, unconfirmed: [...unconfirmed], pending };
}

/**
 * Does to a server what was planned, one event for each real change: its settings, and whether it is enabled. It is
 * disabled before and enabled after its settings change, so that it never serves what was not asked for.
 * @throws Conflict `revision-mismatch` when somebody changed it since the plan was made; Refused; Unavailable
 */
export async function performServer(
  step: ServerStep,
  servers: McpServerAdministration,
  context: CommandContext,
  reason?: string,
): Promise<Performed> {
  const { action, name, desired, settingsChange, revision } = step;
  const remove: Change = (ifMatch) => servers.remove(name, reason, context, { ifMatch });
  const disable: Change = (ifMatch) => servers.disable(name, reason, context, { ifMatch });
  const enable: Change = (ifMatch) => servers.enable(name, reason, context, { ifMatch });
  if (action === 'none') return { changed: false, unconfirmed: [] };
  if (desired === undefined) return performInOrder([remove], revision);
  const { input, enabled } = desired;
  if (action === 'create') {
    const register: Change = () => servers.register(name, input, context);
    return performInOrder([register, ...(enabled ? [] : [disable])], undefined);
  }
  // A file states all of a server, its secrets included.
  const update: Change = (ifMatch) => servers.update(name, () => wholeRevision(input), context, { ifMatch, reason });
  const toggles = step.changes.some(({ field }) => field === 'enabled');
  const changes = [
    ...(toggles && !enabled ? [disable] : []),
    ...(settingsChange ? [update] : []),
    ...(toggles && enabled ? [enable] : []),
  ];
  return performInOrder(changes, revision);
}
