import { Client } from './client.ts';
import { pg } from './driver.ts';
import { fromPg } from './foreignError.ts';
import { applySettings } from './sessionSettings.ts';
import type { SqlStatement } from './sql.ts';
import type { TimedQuery } from './timedQuery.ts';

/** What runs statements: the pool, or one transaction. Rows come back as pg parses them; bigint columns as strings. */
export interface Queryable {
  /** @throws Unavailable when Postgres can't be reached; a pg.DatabaseError for a statement that it rejects */
  query<Row extends object>(statement: SqlStatement): Promise<Row[]>;
}

export interface Database extends Queryable, AsyncDisposable {
  readonly url: string;
  /** Statements run since the start, transactions' own `begin` and `commit` included: tests count with it. */
  readonly statements: number;
  readonly pool: PoolState;
  /**
   * Runs `work` in one transaction at READ COMMITTED; rolls back when it throws. @throws what `work` throws; Unavailable
   * @param options.statementTimeoutMs how long each of its statements may take (Default: 60_000, 0 means no bound)
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: { readonly statementTimeoutMs?: number }): Promise<T>;
}

/** The connections of a pool now. */
export interface PoolState {
  readonly connections: number;
  readonly idle: number;
  /** Statements and transactions that wait for a connection. */
  readonly waiting: number;
  readonly max: number;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Shown in pg_stat_activity; 63 bytes at most. */
  readonly applicationName: string;
  /** (Default: 10) */
  readonly maxConnections?: number;
  /** How long a statement outside a transaction may take: calls wait for these. (Default: 10_000) */
  readonly queryTimeoutMs?: number;
  /** Called with the error of a broken idle connection; the pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
  /** Whether the server refuses every statement that writes. (Default: false) */
  readonly readOnly?: boolean | undefined;
}

/** The pool waits for what its types take for a callback. */
interface PoolOptions extends Omit<pg.PoolConfig, 'onConnect'> {
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
}

/** A host that does not answer is given up after this, at each step. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A connection that takes longer for this is not worth keeping. */
const ROLLBACK_TIMEOUT_MS = 1_000;

/** How long closing waits for statements whose callers are gone, in ms: one may be in line for a lock. */
const DISPOSE_MS = 1_000;

/** In a transaction, which may wait for another process's locks. */
const TRANSACTION_STATEMENT_TIMEOUT_MS = 60_000;

/** Opens a pool of connections; nothing connects before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, applicationName, maxConnections = 10, queryTimeoutMs = 10_000, onIdleError, readOnly } = options;
  let statements = 0;
  const poolOptions: PoolOptions = {
    connectionString: url,
    application_name: applicationName,
    max: maxConnections,
    // A dead host must not hang a call: TCP keep-alive finds a peer that went away later.
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    Client,
    onConnect: (client) => applySettings(client, { readOnly }, CONNECT_TIMEOUT_MS),
  };
  const pool = new pg.Pool(poolOptions);
  const inUse = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => inUse.add(client));
  pool.on('release', (_error, client) => inUse.delete(client));
  let ending = false;
  // While the pool ends, the server may end the connections first.
  pool.on('error', (error) => {
    if (!ending) onIdleError?.(error);
  });

  /**
   * A host that went away sends nothing, and TCP waits a quarter of an hour for it: the time-out is ours, and the pool
   * throws the connection away.
   */
  async function run<Row extends object>(
    client: pg.Pool | pg.PoolClient,
    { text, values }: SqlStatement,
    timeoutMs: number,
  ): Promise<Row[]> {
    statements += 1;
    try {
      const query: TimedQuery = { text, values: [...values], query_timeout: timeoutMs };
      const result = await client.query<Row>(query);
      return result.rows;
    } catch (error) {
      throw fromPg(error);
    }
  }

  return {
    url,
    get statements() {
      return statements;
    },
    get pool() {
      const { totalCount: connections, idleCount: idle, waitingCount: waiting } = pool;
      return { connections, idle, waiting, max: maxConnections };
    },
    query: (statement) => run(pool, statement, queryTimeoutMs),
    async transaction(work, { statementTimeoutMs = TRANSACTION_STATEMENT_TIMEOUT_MS } = {}) {
      const client = await pool.connect().catch((error: unknown) => {
        throw fromPg(error);
      });
      let broken: Error | undefined;
      // The pool listens to idle connections only; one lost between two statements would end the process.
      const onLost = (error: Error): void => {
        broken = error;
      };
      client.on('error', onLost);
      try {
        // Stated, because a database's own default may differ.
        await run(client, { text: 'begin isolation level read committed', values: [] }, queryTimeoutMs);
        const result = await work({ query: (statement) => run(client, statement, statementTimeoutMs) });
        await run(client, { text: 'commit', values: [] }, statementTimeoutMs);
        return result;
      } catch (error) {
        // A connection that can't even roll back is thrown away instead of going back into the pool.
        await run(client, { text: 'rollback', values: [] }, ROLLBACK_TIMEOUT_MS).catch((cause: unknown) => {
          broken = cause instanceof Error ? cause : new Error('rollback failed', { cause });
        });
        throw error;
      } finally {
        client.off('error', onLost);
        client.release(broken);
      }
    },
    async [Symbol.asyncDispose]() {
      ending = true;
      const ended = pool.end();
      const late = setTimeout(() => {
        // Ends the connection under a statement, which then fails; PostgreSQL rolls back.
        for (const client of inUse) void client.end().catch(() => undefined);
      }, DISPOSE_MS);
      await ended.finally(() => {
        clearTimeout(late);
      });
    },
  };
}
