import { auditTime, Observable, retry, timer } from 'rxjs';
import { openConnection } from '../../../src/postgres/connection.ts';
import { INVALIDATION_CHANNEL } from '../../../src/projections/tables/invalidation.ts';

/** Changes that come closer together are shown at once: the screen is to be calm. */
const GATHER_MS = 120;
const RECONNECT_MAX_MS = 5_000;

/**
 * Tells of each change of a key or a server, and of each reconnection. Unlike a gateway's, this connection gives no
 * acknowledgement: no command waits for it, so a suspended TUI delays none (docs/architecture.md, Read path).
 */
export function liveChanges(url: string): Observable<void> {
  return new Observable<void>((subscriber) => {
    const opening = openConnection({
      url,
      applicationName: 'metamcp tui',
      onNotification: () => subscriber.next(),
    });
    opening
      .then(async (connection) => {
        await connection.listen(INVALIDATION_CHANNEL);
        subscriber.next();
        await connection.closed;
        subscriber.error(new Error('the connection was lost'));
      })
      .catch((error: unknown) => subscriber.error(error));
    return () => {
      opening.then(
        (connection) => connection.destroy(),
        () => undefined,
      );
    };
  }).pipe(
    retry({ delay: (_error, count) => timer(Math.min(100 * 2 ** count, RECONNECT_MAX_MS)), resetOnSuccess: true }),
    auditTime(GATHER_MS),
  );
}
