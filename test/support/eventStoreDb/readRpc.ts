import { randomUUID } from 'node:crypto';

import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';

import { confirmationFrame } from './frames.ts';
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
  assertCombination(options, direction);

  if (options.hasStream()) {
    if (stream === '') throw rpcErrors.handlerThrew();
    const revision = revisionOf(options.getStream()!);
    if (subscribing) return subscribeStream(history, { stream, after: revision ?? -1, ...shared }, outbox);
    if (count === 0 || (revision === 'end' && direction === 'forwards')) {
      throw rpcErrors.unexpectedResult('ReadStreamResult', 'Error');
    }
    if (!hasPlace(options.getStream()!, options.getStream()!.hasRevision())) throw rpcErrors.handlerThrew();
    const from = revision === 'end' ? Number.MAX_SAFE_INTEGER : (revision ?? 0);
    return readStream(history, { stream, direction, from, count, ...shared }, outbox);
  }
  const position = positionOf(options.getAll()!);
  const parsed = filter && parseFilter(history.log, filter, subscribing);
  const allows = parsed?.allows ?? noFilter(history.log);
  const searchWindow = parsed?.searchWindow ?? Infinity;
  if (searchWindow === 0 && subscribing) {
    await outbox.control(confirmationFrame(randomUUID()));
    throw rpcErrors.handlerThrew();
  }
  if (subscribing) {
    const checkpointInterval = parsed?.checkpointInterval;
    const after = position ?? BEFORE_START;
    return subscribeAll(history, { after, allows, searchWindow, checkpointInterval, ...shared }, outbox);
  }
  if (!hasPlace(options.getAll()!, options.getAll()!.hasPosition())) throw rpcErrors.handlerThrew();
  // It looks for events where it may look at none, and does not end.
  if (searchWindow === 0 || count === 0) return outbox.untilLeft();
  const kind = filter === undefined ? 'ReadAllResult' : 'FilteredReadAllResult';
  const from = position === 'end' ? at(history.log.end) : (position ?? START);
  return readAll(history, { kind, direction, from, count, allows, searchWindow, ...shared }, outbox);
}

/** @throws RpcError when the parts of a request do not go together, or one is not there at all */
function assertCombination(options: ReadReq.Options, direction: 'forwards' | 'backwards'): void {
  const filter = options.hasFilter() ? 'Filter' : options.hasNoFilter() ? 'NoFilter' : 'None';
  const count = options.hasSubscription() ? 'Subscription' : options.hasCount() ? 'Count' : 'None';
  const isRefused =
    filter === 'None' ||
    count === 'None' ||
    (count === 'Subscription' && direction === 'backwards') ||
    (options.hasStream() && filter === 'Filter');
  if (!isRefused) return;
  const what = [
    options.hasStream() ? 'Stream' : 'All',
    count,
    direction === 'forwards' ? 'Forwards' : 'Backwards',
    filter,
  ].join(', ');
  throw rpcErrors.invalidArgument(`The combination of (${what}) is invalid.`);
}

function hasPlace(options: { hasStart(): boolean; hasEnd(): boolean }, hasNumber: boolean): boolean {
  return hasNumber || options.hasStart() || options.hasEnd();
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
  if (options.getUuidOption() === undefined) throw rpcErrors.invalidArgument('');
  if (options.getUuidOption()?.hasString() !== true) throw rpcErrors.notModelled('reads with structured UUIDs');
  if ((options.getControlOption()?.getCompatibility() ?? 0) > 0) {
    throw rpcErrors.notModelled('reads with a compatibility level');
  }
}
