import type { ChangeListener } from '../../src/live/changeFeed.ts';
import type { Change } from '../../src/projections/running/changedSubjects.ts';
import { createMemory, type Memory } from '../../src/live/memory.ts';

export interface Row {
  readonly version: number;
}

/** A feed worked by hand. */
export class Feed {
  trusted = true;
  listener: ChangeListener = () => undefined;
  onChange(listener: ChangeListener): () => void {
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
  const told: (readonly [string, Row | undefined])[] = [];
  const loads: string[] = [];
  const memory: Memory<string, Row> = createMemory<string, Row>({
    feed,
    capacity,
    select: ({ keys }: Exclude<Change, { all: true }>) => keys,
    async load(id) {
      loads.push(id);
      await wait(`read ${id}`);
      const row = table.get(id);
      await wait(`answer ${id}`);
      return row;
    },
  });
  memory.onReplaced((id, value) => told.push([id, value]));
  return { table, feed, told, loads, memory };
}
