import type { Queryable } from '../postgres/database.ts';
import { readCheckpoints } from './tables/checkpoints.ts';
import { isOutdated, type Projection } from './tables/projection.ts';

export interface ProjectionStatus {
  readonly name: string;
  /** This program's. */
  readonly version: number;
  /** The last record of the event store that it has considered; undefined before the first. */
  readonly position: bigint | undefined;
  /** Why it stands still; undefined while it runs. */
  readonly stoppedReason: string | undefined;
  /** An older version has built it: it is going to be rebuilt, and stands still until then. */
  readonly outdated: boolean;
  /** A newer version has built it, and keeps it current: this one reads it, and accepts no changes. */
  readonly newer: boolean;
  /** It has contained every event once: its rows are at worst old. */
  readonly built: boolean;
}

/** Reads how far each projection is. @throws Unavailable */
export async function readProjectionStatus(
  db: Queryable,
  projections: readonly Projection[],
): Promise<ProjectionStatus[]> {
  const names = projections.map(({ name }) => name);
  const checkpoints = new Map((await readCheckpoints(db, names)).map((row) => [row.projection, row]));
  return projections.map(({ name, version }) => {
    const checkpoint = checkpoints.get(name);
    const newer = checkpoint !== undefined && checkpoint.version > version;
    return {
      name,
      version,
      position: checkpoint?.position,
      stoppedReason: newer ? 'a newer version of MetaMCP has built this table' : checkpoint?.stoppedReason,
      newer,
      outdated: checkpoint !== undefined && isOutdated(projections, checkpoint),
      built: checkpoint?.built === true,
    };
  });
}
