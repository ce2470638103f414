import type { ListenOptions, SideMessage } from '../upstream.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { MemberConnections } from './memberConnections.ts';
import { memberFilter } from './memberFilter.ts';
import { withTaskPlaces } from './memberTaskIds.ts';

/**
 * Gives what the only member sends outside of requests, as it is but for its tasks. It ends when the client sees other members:
 * what passes as it is, is for this view only, and another one is listened to anew.
 */
export async function* listenToSole(
  connections: MemberConnections,
  sole: MemberConnection,
  options: ListenOptions,
): AsyncGenerator<SideMessage, void, void> {
  if (options.signal.aborted) return;
  const other = new AbortController();
  const stop = connections.onChange(() => {
    if (connections.sole !== sole) other.abort();
  });
  try {
    const upstream = await sole.acquire();
    try {
      const { place } = sole.member;
      const filter = options.filter && { filter: memberFilter(place, options.filter, undefined) };
      const signal = AbortSignal.any([options.signal, other.signal]);
      for await (const message of upstream.listen({ ...options, ...filter, signal }))
        yield withTaskPlaces(place, message);
    } finally {
      sole.release();
    }
  } finally {
    stop();
  }
}
