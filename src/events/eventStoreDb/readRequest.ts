import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';

/** Events that the server considers before it reports how far it is, times 32: seldom enough not to be noticed. */
const CHECKPOINT_INTERVAL = 32;

export type ReadRequest = streams.ReadReq;

const { ReadReq } = streams;
const { Options } = ReadReq;
const empty = (): shared.Empty => new shared.Empty();

export interface StreamRead {
  readonly direction: 'forwards' | 'backwards';
  /** Included. (Default: the first, or backwards the last) */
  readonly from: number | undefined;
  readonly limit: number;
}

/** Asks for the events of one stream. */
export function streamRequest(stream: string, { direction, from, limit }: StreamRead): ReadRequest {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream, 'utf8'));
  const which = new Options.StreamOptions();
  which.setStreamIdentifier(identifier);
  if (from !== undefined) which.setRevision(String(from));
  else if (direction === 'forwards') which.setStart(empty());
  else which.setEnd(empty());
  const options = newOptions(direction);
  options.setStream(which);
  options.setCount(String(limit));
  options.setNoFilter(empty());
  return request(options);
}

export interface AllRead {
  readonly direction: 'forwards' | 'backwards';
  /** Included, if an event is there. (Default: the first, or backwards the last) */
  readonly from: bigint | undefined;
  readonly limit: number;
  /** How the names of the streams begin that are wanted; undefined: every stream, the server's own too. */
  readonly prefixes: readonly string[] | undefined;
}

/** Asks for the events of all streams. The client's own `readAll` can't filter; the server can. */
export function allRequest({ direction, from, limit, prefixes }: AllRead): ReadRequest {
  const options = newOptions(direction);
  options.setAll(allFrom(from, direction));
  options.setCount(String(limit));
  if (prefixes === undefined) options.setNoFilter(empty());
  else options.setFilter(filterOf(prefixes));
  return request(options);
}

/** Asks for all events beyond a position, and those to come. */
export function subscriptionRequest(after: bigint | undefined, prefixes: readonly string[]): ReadRequest {
  const options = newOptions('forwards');
  options.setAll(allFrom(after, 'forwards'));
  options.setSubscription(new Options.SubscriptionOptions());
  options.setFilter(filterOf(prefixes));
  return request(options);
}

function newOptions(direction: 'forwards' | 'backwards'): streams.ReadReq.Options {
  const uuids = new Options.UUIDOption();
  uuids.setString(empty());
  const options = new Options();
  options.setUuidOption(uuids);
  options.setResolveLinks(false);
  options.setReadDirection(direction === 'forwards' ? Options.ReadDirection.FORWARDS : Options.ReadDirection.BACKWARDS);
  return options;
}

/** Our events are never written in explicit transactions, so that commit and prepare position are the same. */
function allFrom(from: bigint | undefined, direction: 'forwards' | 'backwards'): streams.ReadReq.Options.AllOptions {
  const all = new Options.AllOptions();
  if (from !== undefined) {
    const position = new Options.Position();
    position.setCommitPosition(String(from));
    position.setPreparePosition(String(from));
    all.setPosition(position);
  } else if (direction === 'forwards') all.setStart(empty());
  else all.setEnd(empty());
  return all;
}

function filterOf(prefixes: readonly string[]): streams.ReadReq.Options.FilterOptions {
  const expression = new Options.FilterOptions.Expression();
  expression.setPrefixList([...prefixes]);
  const filter = new Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setCount(empty());
  filter.setCheckpointintervalmultiplier(CHECKPOINT_INTERVAL);
  return filter;
}

function request(options: streams.ReadReq.Options): ReadRequest {
  const read = new ReadReq();
  read.setOptions(options);
  return read;
}
