import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { pg } from './driver.ts';
import { Unavailable } from '../errors/appError.ts';
import { openConnection, type Connection } from './connection.ts';
import { sql } from './sql.ts';

/** How long a connection waits for the other one's transaction before that is ended: a pooler may have one session for both. */
const TURN_MS = 1_000;

/** How long a notification may take. */
const NOTIFICATION_MS = 5_000;

/** How long all of it may take: a pooler whose sessions are in use has statements wait for minutes. */
const PROBE_MS = 15_000;

/**
 * Finds out whether a connection to `url` keeps its session. A pooler in transaction mode hands the session to another
 * client between two transactions: LISTEN and session locks are taken, and mean nothing.
 * @throws Unavailable `database-pooled`; when PostgreSQL can't be reached
 */
export async function probeSession(url: string): Promise<void> {
  const channel = `metamcp_probe_${randomBytes(8).toString('hex')}`;
  const heard = Promise.withResolvers<true>();
  const connections: Connection[] = [];
  const open = async (onNotification: () => void): Promise<Connection> => {
    const connection = await openConnection({ url, applicationName: 'metamcp probe', onNotification });
    connections.push(connection);
    return connection;
  };
  const bound = setTimeout(() => {
    for (const connection of connections) connection.destroy();
  }, PROBE_MS);
  try {
    await using listening = await open(() => {
      heard.resolve(true);
    });
    await listening.listen(channel);
    const first = await sessionOf(listening);
    await using other = await open(() => undefined);
    // Open, so that it has a session of its own: the very one that the other connection has had, or there are two.
    await other.query({ text: 'begin', values: [] });
    const second = await sessionOf(other);
    const asking = sessionOf(listening);
    asking.catch(() => undefined);
    const isStuck = await Promise.race([asking.then(() => false), delay(TURN_MS, true, { ref: false })]);
    if (isStuck) await other.query({ text: 'rollback', values: [] });
    const again = await asking;
    if (first === second || again !== first) throw sessionPooled();
    await other.query<{ notified: string | null }>(sql`select pg_notify(${channel}, '')::text as notified`);
    if (!isStuck) await other.query({ text: 'commit', values: [] });
    // Without another statement: a connection that waits for notifications sends none.
    if (!(await Promise.race([heard.promise, delay(NOTIFICATION_MS, false, { ref: false })]))) throw sessionPooled();
  } catch (error) {
    throw isOfStatementMode(error) ? sessionPooled(error) : error;
  } finally {
    clearTimeout(bound);
  }
}

/** Names the server's session that a connection has at this moment. */
export async function sessionOf(connection: Pick<Connection, 'query'>): Promise<number> {
  const [row] = await connection.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
  if (row === undefined) throw new TypeError('a session has a process id');
  return row.pid;
}

/** Makes the refusal of a connection whose session is shared. */
export function sessionPooled(cause?: unknown): Unavailable {
  return new Unavailable(
    'database-pooled',
    'DATABASE_URL leads to a connection pooler in transaction or statement mode: a connection does not keep its session, so ' +
      'that gateways would not be told of revocations. Let DATABASE_URL lead to PostgreSQL itself, or to a pooler in session mode.',
    { cause },
  );
}

/** PgBouncer ends a connection that begins a transaction in statement mode: protocol_violation. */
function isOfStatementMode(error: unknown): boolean {
  const cause = error instanceof Unavailable ? error.cause : error;
  return cause instanceof pg.DatabaseError && cause.code === '08P01' && cause.message.includes('statement pooling');
}
