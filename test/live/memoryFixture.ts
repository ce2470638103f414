import type { InvalidationListener } from '../../src/live/invalidations.ts';
import type { Invalidation } from '../../src/projections/tables/invalidation.ts';
import { createMemory, type Memory } from '../../src/live/memory.ts';

export interface Row {
  readonly version: number;
}

/** Invalidations worked by hand. */
export class Feed {
  trusted = true;
  listener: InvalidationListener = () => undefined;
  onInvalidation(listener: InvalidationListener): () => void {
    this.listener = listener;
    return () => {
      this.listener = () => undefined;
    };
  }
  async change(...keys: string[]): Promise<void> {
    await this.listener({ keys, servers: [] });
  }
  /** The connection is back: everything is read again before it is trusted. */
  async restore(): Promise<void> {
    await this.listener({ all: true });
    this.trusted = true;
  }
}

/** A table of versions: `undefined` is a row that is not there. */
export function setUp(capacity = 100, wait: (what: string) => Promise<unknown> = async () => undefined) {
  const table = new Map<string, Row>();
  const feed = new Feed();
  const changes: (readonly [string, Row | undefined])[] = [];
  const loads: string[] = [];
  const memory: Memory<string, Row> = createMemory<string, Row>({
    invalidations: feed,
    capacity,
    select: ({ keys }: Exclude<Invalidation, { all: true }>) => keys,
    async load(id) {
      loads.push(id);
      await wait(`read ${id}`);
      const row = table.get(id);
      await wait(`answer ${id}`);
      return row;
    },
  });
  memory.onChange((id, value) => changes.push([id, value]));
  return { table, feed, changes, loads, memory };
}
