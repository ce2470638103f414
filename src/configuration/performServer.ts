import type { McpServerAdministration } from '../administration/mcpServers.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { ServerStep } from './serverStep.ts';

/** What a step did. */
export interface Performed {
  readonly changed: boolean;
  /** Gateways that did not confirm in time. */
  readonly unconfirmed: readonly string[];
}

/**
 * Does to a server what was planned, one event for each real change: its settings, and whether it is enabled.
 * @throws Conflict `revision-mismatch` when somebody changed it since the plan was made; Refused; Unavailable
 */
export async function performServer(
  step: ServerStep,
  servers: McpServerAdministration,
  context: CommandContext,
  reason?: string,
): Promise<Performed> {
  const { action, name, desired, settingsChange, revision } = step;
  if (action === 'none') return { changed: false, unconfirmed: [] };
  if (desired === undefined) return servers.remove(name, reason, context, { ifMatch: revision });
  const { input, enabled } = desired;
  const unconfirmed: string[] = [];
  let seen = revision;
  if (action === 'create') {
    const settled = await servers.register(name, input, context);
    unconfirmed.push(...settled.unconfirmed);
    seen = settled.revision;
    if (enabled) return settled;
  } else if (settingsChange) {
    const settled = await servers.update(name, () => input, context, { ifMatch: seen });
    unconfirmed.push(...settled.unconfirmed);
    seen = settled.revision;
  }
  const changesEnablement = step.changes.some(({ field }) => field === 'enabled');
  if (changesEnablement) {
    const change = enabled ? servers.enable : servers.disable;
    unconfirmed.push(...(await change(name, reason, context, { ifMatch: seen })).unconfirmed);
  }
  return { changed: true, unconfirmed: [...new Set(unconfirmed)] };
}
