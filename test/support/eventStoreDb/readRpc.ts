import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';

import { noFilter, parseFilter } from './filter.ts';
import { at, BEFORE_START, parsePosition, START, type LogPosition } from './logPosition.ts';
import { assertMayRead, requiresLeader, type Node } from './node.ts';
import { Outbox, type ReadCall } from './outbox.ts';
import { readAll } from './readAll.ts';
import { readStream } from './readStream.ts';
import { RpcError, rpcErrors } from './rpcErrors.ts';
import { streamNameOf } from './streamName.ts';
import { streams } from './stubs.ts';
import { subscribeAll } from './subscribeAll.ts';
import { subscribeStream } from './subscribeStream.ts';

/** Handles Streams.Read: reads and subscriptions, of one stream and of `$all`. */
export async function handleRead(node: Node, call: ReadCall): Promise<void> {
  try {
    const options = call.request.getOptions();
    if (options === undefined) throw rpcErrors.handlerThrew();
    const kind = options.hasSubscription() ? 'subscribe' : 'read';
    node.calls[kind]++;
    const stream = options.hasStream() ? streamNameOf(options.getStream()?.getStreamIdentifier()) : '$all';
    const outbox = new Outbox(node, call, node.faults.take(kind, stream));
    node.credentials.assertAccess(call.metadata, stream);
    assertModelled(options);
    await outbox.open(stream);
    const needsLeader = requiresLeader(call.metadata);
    await serve(node, options, stream, () => assertMayRead(node, needsLeader), outbox);
    if (outbox.isOpen) call.end();
  } catch (error) {
    call.emit('error', error instanceof RpcError ? error : rpcErrors.handlerThrew());
    if (!(error instanceof RpcError)) throw error;
  }
}

async function serve(
  node: Node,
  options: ReadReq.Options,
  stream: string,
  mayRead: () => void,
  outbox: Outbox,
): Promise<void> {
  const { history } = node;
  const subscribing = options.hasSubscription();
  const direction =
    options.getReadDirection() === streams.ReadReq.Options.ReadDirection.FORWARDS ? 'forwards' : 'backwards';
  const filter = options.getFilter();
  const shared = { resolveLinks: options.getResolveLinks(), assertMayRead: mayRead };
  const count = Number(options.getCount());
  if (!options.hasNoFilter() && filter === undefined) throw rpcErrors.invalidArgument('no filter option');
  if ((subscribing && direction === 'backwards') || (options.hasStream() && filter !== undefined)) {
    throw rpcErrors.invalidArgument('The combination of stream, count, direction and filter is invalid.');
  }

  if (options.hasStream()) {
    const revision = revisionOf(options.getStream()!);
    if (subscribing) return subscribeStream(history, { stream, after: revision ?? -1, ...shared }, outbox);
    const from = revision === 'end' ? Number.MAX_SAFE_INTEGER : (revision ?? 0);
    return readStream(history, { stream, direction, from, count, ...shared }, outbox);
  }
  const position = positionOf(options.getAll()!);
  const parsed = filter && parseFilter(history.log, filter, subscribing);
  const allows = parsed?.allows ?? noFilter(history.log);
  const searchWindow = parsed?.searchWindow ?? Infinity;
  if (subscribing) {
    const checkpointInterval = parsed?.checkpointInterval;
    const after = position ?? BEFORE_START;
    return subscribeAll(history, { after, allows, searchWindow, checkpointInterval, ...shared }, outbox);
  }
  const from = position === 'end' ? at(history.log.end) : (position ?? START);
  return readAll(history, { direction, from, count, allows, searchWindow, ...shared }, outbox);
}

function revisionOf(options: ReadReq.Options.StreamOptions): number | 'end' | undefined {
  if (options.hasEnd()) return 'end';
  return options.hasStart() ? undefined : Number(options.getRevision());
}

function positionOf(options: ReadReq.Options.AllOptions): LogPosition | 'end' | undefined {
  if (options.hasEnd()) return 'end';
  const position = options.getPosition();
  return position && parsePosition(position.getCommitPosition(), position.getPreparePosition());
}

function assertModelled(options: ReadReq.Options): void {
  if (options.getUuidOption()?.hasString() !== true) throw rpcErrors.notModelled('reads with structured UUIDs');
  if ((options.getControlOption()?.getCompatibility() ?? 0) > 0) {
    throw rpcErrors.notModelled('reads with a compatibility level');
  }
}
