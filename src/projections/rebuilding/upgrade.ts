import { Refused } from '../../errors/appError.ts';
import { readCheckpoints, stopOutdated, type Checkpoint } from '../tables/checkpoints.ts';
import { isOutdated, type Projection } from '../tables/projection.ts';
import type { PumpOptions } from '../running/pump.ts';
import { rebuild, type RebuildRequest } from './rebuild.ts';

/**
 * Rebuilds the tables that an older version has built, unless they are stopped, until there are none. Once is enough
 * for one that fails: a handler that can't apply an event won't the next time; it is stopped, and the others go on.
 * @returns whether there were any
 * @throws Unavailable; AbortError
 */
export async function upgrade(
  { db, store, check, projections, logger, batchSize, isGenuine }: PumpOptions,
  watching: Pick<RebuildRequest, 'onProgress' | 'onWaiting' | 'signal'>,
): Promise<boolean> {
  const isDue = (checkpoint: Checkpoint): boolean =>
    checkpoint.stoppedReason === undefined && isOutdated(projections, checkpoint);
  const choose = (checkpoints: readonly Checkpoint[]): Projection[] =>
    projections.filter(({ name }) => checkpoints.some((each) => each.projection === name && isDue(each)));

  for (let isFirst = true; ; isFirst = false) {
    const due = (
      await readCheckpoints(
        db,
        projections.map(({ name }) => name),
      )
    ).filter(isDue);
    if (due.length === 0) return !isFirst;
    await check.verify();
    const names = due.map(({ projection }) => projection);
    logger.info({ projections: names }, 'rebuilding read tables of an older version');
    try {
      const report = await rebuild(
        { db, store, projections, batchSize, isGenuine },
        { ...watching, choose, acceptLoss: false },
      );
      logger.info({ events: report.events, tables: report.tables }, 'rebuilt the read tables');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      logger.error({ projections: names, err: error }, 'the rebuild failed; what fails is stopped');
      const { projection } = error.data;
      const failed = due.filter((each) => projection === undefined || each.projection === projection);
      // stream_heads is made along with the others: it may fail without being due.
      for (const each of failed.length === 0 ? due : failed) await stopOutdated(db, each, error.message);
    }
  }
}
