import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { AppError } from '../errors/appError.ts';
import type { OnToolChange } from '../events/mcpServer.ts';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outageLog.ts';
import type { CatalogueRefresh } from './catalogueRefresh.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';
import { catalogueId, type CatalogueOf, type RememberedCatalogues } from './rememberedCatalogues.ts';

/** What did not change is written down again after so long, in milliseconds, so that other gateways know that it holds. */
export const CONFIRMED_MS = 10 * 60_000;
/** One server's lists for one audience are written down so often at most, in milliseconds: some change with each reading. */
const EVERY_MS = 2_000;
/** Catalogues of which it is known when they were written down. */
const MAX_NOTED = 10_000;

/** What a client was offered. */
export interface SeenCatalogue extends CatalogueOf {
  readonly onToolChange: OnToolChange;
  readonly offered: OfferedCatalogue;
  /** Why one of its lists is not what it would give now; undefined: all are. */
  readonly fault: AppError | undefined;
  /** It is not what was seen before. */
  readonly isOther: boolean;
}

/** Takes in what clients are offered, so that the server need not be asked again for it. */
export type ObserveCatalogue = (seen: SeenCatalogue) => void;

/** Makes what takes in what clients are offered. docs/architecture.md, What servers offer. */
export function createObserveCatalogue({
  remembered,
  refresh,
  clock,
  steadyClock,
  logger,
}: {
  readonly remembered: Pick<RememberedCatalogues, 'state'>;
  readonly refresh: Pick<CatalogueRefresh, 'isDue' | 'refresh'>;
  readonly clock: Clock;
  /** Never goes back. */
  readonly steadyClock: Clock;
  readonly logger: Logger;
}): ObserveCatalogue {
  const outages = createOutageLog({ logger, clock });
  const notedAt = new LRUCache<string, number>({ max: MAX_NOTED });
  /** The last ones of those that wait. */
  const waiting = new Map<string, SeenCatalogue>();

  async function note(seen: SeenCatalogue): Promise<void> {
    const { offered, fault, isOther } = seen;
    const known = await remembered.state(seen);
    if (!isOther && !refresh.isDue(known, CONFIRMED_MS)) return;
    await refresh.refresh({ ...seen, read: () => Promise.resolve({ offered, fault }) }, known);
  }

  return (seen) => {
    const id = catalogueId(seen);
    const before = waiting.get(id);
    if (before !== undefined) {
      waiting.set(id, { ...seen, isOther: seen.isOther || before.isOther });
      return;
    }
    const sinceMs = steadyClock() - (notedAt.get(id) ?? -Infinity);
    if (!seen.isOther && sinceMs < CONFIRMED_MS) return;
    waiting.set(id, seen);
    const timer = setTimeout(
      () => {
        const last = waiting.get(id) ?? seen;
        waiting.delete(id);
        notedAt.set(id, steadyClock());
        const what = 'what clients were offered';
        note(last).then(
          () => outages.recovered(what),
          (error: unknown) => outages.failed(what, error, 'it is written down when a client is offered it again'),
        );
      },
      Math.max(0, EVERY_MS - sinceMs),
    );
    timer.unref();
  };
}
