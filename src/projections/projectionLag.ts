import type { Clock } from '../clock.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { ProjectionRunner } from './runner.ts';

export interface ProjectionLagSources {
  readonly projections: Pick<ProjectionRunner, 'status'>;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly clock: Clock;
}

/**
 * Reads how old the oldest event is that each projection has not applied, in milliseconds; 0: it has applied all. One event of the
 * store is read for each position that projections stand at, which is mostly one. @throws Unavailable; the signal's reason
 */
export async function readProjectionLag(
  { projections, store, clock }: ProjectionLagSources,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const tables = await projections.status();
  const ages = new Map<bigint | undefined, number>();
  for (const { position } of tables) {
    if (ages.has(position)) continue;
    ages.set(position, 0);
    const beyond = { limit: 1, signal, ...(position === undefined ? {} : { after: position }) };
    for await (const { metadata } of store.readAll(beyond)) {
      const at = typeof metadata['at'] === 'string' ? Date.parse(metadata['at']) : NaN;
      if (!Number.isNaN(at)) ages.set(position, Math.max(0, clock() - at));
    }
  }
  return new Map(tables.map(({ name, position }) => [name, ages.get(position) ?? 0]));
}
