import { EventStoreDBClient } from '@eventstore/db-client';
import { Invalid } from '../../errors.ts';

/**
 * Makes the client of a connection string (`esdb://`, `esdb+discover://`, or the same with KurrentDB's name, which this
 * client does not know yet); nothing connects before it is used.
 * @throws Invalid `event-store-url-invalid`, which never repeats the string: it may hold a password
 */
export function connectionOf(url: string): EventStoreDBClient {
  if (/[?&]throwOnAppendFailure=false/i.test(url)) {
    // The client then answers every failed append with revision 1 (6.2.1).
    throw invalid('Leave throwOnAppendFailure out.');
  }
  try {
    const client = EventStoreDBClient.connectionString(url.replace(/^kurrentdb(?=\+discover:|:)/, 'esdb'));
    // Makes each append a call of its own, as for old servers. The call that it would share (BatchAppend) has no deadline,
    // and when it breaks, the client forgets the pending appends of all its calls; an answer to one of these that comes
    // over another call is then thrown where nobody can catch it, and ends the process (6.2.1).
    client['supports'] = () => Promise.resolve(false);
    return client;
  } catch (cause) {
    throw invalid(cause instanceof Error && /certificate/i.test(cause.message) ? cause.message : '', cause);
  }
}

function invalid(why: string, cause?: unknown): Invalid {
  return new Invalid(
    'event-store-url-invalid',
    `EVENT_STORE_URL is not a connection string of EventStoreDB, such as esdb://user:password@host:2113. ${why}`.trim(),
    // The parser's error quotes the string.
    why === '' ? {} : { cause },
  );
}
