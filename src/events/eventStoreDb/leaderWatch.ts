import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, Connections } from './connections.ts';
import { endsConnection, leaderOf } from './failures.ts';
import { readCall } from './readCall.ts';
import { allRequest } from './readRequest.ts';

/** How often a node is asked, in ms: each time is a read of one record. */
const ASK_EVERY_MS = 2_000;

/** How long its answer may take, in ms. Meanwhile the others have elected another leader. */
const ANSWER_MS = 5_000;

/**
 * Watches over a connection to a node of a cluster until the signal aborts: one that leads no more, or hangs, is left. A
 * subscription would not notice, because the server does not end it, and nothing new would come from a node that is cut off.
 */
export async function watchLeader(
  connections: Connections,
  connection: Connection,
  signal: AbortSignal,
): Promise<void> {
  const ended = AbortSignal.any([signal, connection.lost]);
  for (;;) {
    await delay(ASK_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return;
    try {
      await readNewest(connection, ended);
    } catch (error) {
      if (endsConnection(error)) connections.drop(connection, leaderOf(error));
    }
  }
}

async function readNewest(connection: Connection, signal: AbortSignal): Promise<void> {
  const request = allRequest({ direction: 'backwards', from: undefined, limit: 1, prefixes: undefined });
  const limits = { signal, firstWithinMs: ANSWER_MS, nextWithinMs: ANSWER_MS };
  for await (const response of readCall(connection, request, limits)) if (response.hasEvent()) return;
}
