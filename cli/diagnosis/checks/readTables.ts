import { readProjectionLag } from '../../../src/projections/projectionLag.ts';
import { systemClock } from '../../../src/clock.ts';
import { formatDuration } from '../../../src/events/duration.ts';
import type { Check, Finding } from '../check.ts';

/** A gateway that runs applies an event within a second. */
const BEHIND_MS = 60_000;
const PATIENCE_MS = 10_000;

/** The read tables contain what has happened. */
export const readTables: Check = async ({ needStores }) => {
  const { projections, events } = await needStores();
  const findings: Finding[] = [];
  for (const { name, stoppedReason, outdated, built } of await projections.status()) {
    if (stoppedReason !== undefined)
      findings.push({
        state: 'problem',
        about: name,
        detail: `It has stopped: ${stoppedReason}`,
        remedy: 'docs/operating.md, When something is lost; metamcp-cli db status names the events',
      });
    else if (outdated)
      findings.push({
        state: 'warning',
        about: name,
        detail: 'Another version has built it: the next start rebuilds it.',
        remedy: 'Start a gateway of this version, or: metamcp-cli db rebuild',
      });
    else if (!built)
      findings.push({
        state: 'warning',
        about: name,
        detail: 'It has not been built to the end yet.',
        remedy: 'A gateway builds it, or the next command that reads it: metamcp-cli keys list',
      });
  }
  const lag = await readProjectionLag(
    { projections, store: events, clock: systemClock },
    AbortSignal.timeout(PATIENCE_MS),
  );
  const behindMs = Math.max(0, ...lag.values());
  if (behindMs > BEHIND_MS)
    findings.push({
      state: 'warning',
      detail: `The oldest event that they lack is ${formatDuration(Math.round(behindMs / 1_000) * 1_000)} old.`,
      remedy: 'A gateway applies it, or the next command that reads them: metamcp-cli keys list',
    });
  return findings.length > 0 ? findings : [{ state: 'ok', detail: `All ${lag.size} are current` }];
};
