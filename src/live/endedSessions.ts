import { LRUCache } from 'lru-cache';
import type { Database } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import { notifyInvalidation } from '../projections/tables/invalidation.ts';
import type { Invalidations } from './invalidations.ts';
import { createMemory } from './memory.ts';

// The table ended_sessions: sessions of the aggregate that their clients have ended. Not a projection: a gateway that ends one
// notes it.

/** Ended sessions that are remembered of one key: the first ones make room. */
const REMEMBERED_OF_KEY = 10_000;

/** Sessions of which a process knows whether they have ended. */
const CAPACITY = 100_000;

const ENDED = { isEnded: true };

/** The sessions of the aggregate that have ended, on all replicas and after a restart. */
export interface EndedSessions {
  /** Whether a session has ended. Answers synchronously, without SQL, when memory knows it. @throws Unavailable */
  has(id: string): boolean | Promise<boolean>;
  /** Notes that a session has ended, and notifies every replica. @throws Unavailable */
  add(id: string, keyId: string): Promise<void>;
  /** Adds a listener for sessions that end, wherever they do; returns the function that removes it. */
  onEnd(listener: (id: string) => void): () => void;
}

export interface EndedSessionsOptions {
  readonly db: Pick<Database, 'query' | 'transaction'>;
  readonly invalidations: Pick<Invalidations, 'trusted' | 'onInvalidation'>;
}

/** Makes the memory of ended sessions. docs/proxy.md, The aggregate. */
export function createEndedSessions({ db, invalidations }: EndedSessionsOptions): EndedSessions & Disposable {
  const memory = createMemory<string, typeof ENDED>({
    invalidations,
    capacity: CAPACITY,
    select: ({ sessions = [] }) => sessions,
    async load(id) {
      const [row] = await db.query<{ number: string }>(
        sql`select number from ended_sessions where session_id = ${id}::uuid`,
      );
      return row && ENDED;
    },
  });
  /** Those that were ended here: a notification may still be on its way. */
  const endedHere = new LRUCache<string, typeof ENDED>({ max: REMEMBERED_OF_KEY });
  return {
    has(id) {
      if (endedHere.has(id)) return true;
      const known = memory.get(id);
      return known instanceof Promise ? known.then((row) => row !== undefined) : known !== undefined;
    },
    async add(id, keyId) {
      endedHere.set(id, ENDED);
      await db.transaction(async (tx) => {
        await tx.query(sql`
          insert into ended_sessions (session_id, key_id) values (${id}::uuid, ${keyId}::uuid) on conflict (session_id) do nothing`);
        await tx.query(sql`
          delete from ended_sessions where key_id = ${keyId}::uuid and number <= (
            select number from ended_sessions where key_id = ${keyId}::uuid
            order by number desc limit 1 offset ${REMEMBERED_OF_KEY})`);
        await notifyInvalidation(tx, { keys: [], servers: [], sessions: [id] });
      });
    },
    onEnd: (listener) =>
      invalidations.onInvalidation((invalidation) => {
        if ('all' in invalidation) return;
        for (const id of invalidation.sessions ?? []) listener(id);
      }),
    [Symbol.dispose]: () => memory[Symbol.dispose](),
  };
}
