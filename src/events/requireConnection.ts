import { Unavailable } from '../errors/appError.ts';

/** Lets an append through that may go over the present connection. @throws Unavailable `connection-changed` */
export function requireConnection(over: number | undefined, present: number): void {
  if (over === undefined || over === present) return;
  throw new Unavailable(
    'connection-changed',
    'The connection to the event store is another one now; nothing was sent.',
  );
}
