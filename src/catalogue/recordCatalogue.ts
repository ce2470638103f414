import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { mcpCatalogue, type CatalogueDigest } from '../commands/mcpCatalogue.ts';
import { mcpCatalogueEvents } from '../events/mcpCatalogue.ts';
import type { OnToolChange } from '../events/mcpServer.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import { catalogueId, type CatalogueOf } from './rememberedCatalogues.ts';

/** Catalogues of which it is remembered that the history has them. */
const MAX_RECORDED = 10_000;

/** What a server was seen to offer. */
export interface Observation extends CatalogueOf {
  readonly registeredAt: string;
  readonly onToolChange: OnToolChange;
  readonly catalogue: CatalogueDigest;
}

/** Records what a server offers, when the history has something else. @throws as `handle` and `pump` */
export type RecordCatalogue = (observation: Observation) => Promise<void>;

/** Makes what records catalogues. */
export function createRecordCatalogue({
  commands,
  projections,
  clock,
}: {
  readonly commands: Pick<CommandHandler, 'handle'>;
  readonly projections: Pick<ProjectionRunner, 'pump'>;
  readonly clock: Clock;
}): RecordCatalogue {
  const recorded = new LRUCache<string, string>({ max: MAX_RECORDED });

  return async (observation) => {
    const { server, revision, audience, registeredAt, onToolChange, catalogue } = observation;
    const id = catalogueId(observation);
    const mark = `${registeredAt} ${catalogue.digest}`;
    if (recorded.get(id) === mark) return;
    const correlationId = randomUUID();
    const { state, changed, position } = await commands.handle(
      mcpCatalogue,
      mcpCatalogueEvents,
      server,
      { type: 'Observe', at: clock(), serverRevision: revision, registeredAt, audience, catalogue, onToolChange },
      { actor: 'system:catalogue', correlationId, causationId: correlationId },
    );
    // What is recorded may be approved by it: whoever lists tools now is to find them.
    if (changed) await projections.pump(position);
    const isKnown =
      state.status === 'known' &&
      state.known.some(
        (each) => catalogueId({ server, audience: each.audience }) === id && each.catalogue.digest === catalogue.digest,
      );
    // Else too many changes were recorded within the hour, and it is tried again.
    if (isKnown) recorded.set(id, mark);
  };
}
