import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';

import { shared, streams } from '../stubs.ts';
import { streamIdentifier } from '../streamName.ts';

/** What a test sends; an absent part is left out of the message, also where the server wants one. */
export interface EventSpec {
  readonly id: string;
  readonly type?: string;
  readonly contentType?: string;
  readonly data?: string;
}

export type ExpectedSpec = number | bigint | 'any' | 'no-stream' | 'stream-exists';

export interface AppendSpec {
  readonly stream?: string;
  readonly expected?: ExpectedSpec;
  readonly events?: readonly EventSpec[];
}

export interface ReadSpec {
  readonly stream?: string;
  /** Of a stream a revision, of `$all` a position. */
  readonly from?: 'start' | 'end' | number | bigint | { readonly commit: bigint; readonly prepare: bigint };
  readonly backwards?: boolean;
  readonly count?: number;
  readonly subscribe?: boolean;
  readonly filter?: FilterSpec | 'none';
  readonly noUuidOption?: boolean;
}

export interface FilterSpec {
  readonly streams?: readonly string[];
  readonly types?: readonly string[];
  readonly regex?: string;
  /** Absent for the message without a window. */
  readonly max?: number;
  readonly unbounded?: boolean;
  readonly interval?: number;
}

const empty = () => new shared.Empty();

interface ExpectedOptions {
  setAny(value: unknown): void;
  setNoStream(value: unknown): void;
  setStreamExists(value: unknown): void;
}

/** Fills in what the writer expects. */
export function setExpected(
  options: object,
  expected: ExpectedSpec | undefined,
  setRevision: (revision: string) => void,
  made: () => unknown = empty,
): void {
  const target = options as ExpectedOptions;
  if (expected === 'any') target.setAny(made());
  else if (expected === 'no-stream') target.setNoStream(made());
  else if (expected === 'stream-exists') target.setStreamExists(made());
  else if (expected !== undefined) setRevision(String(expected));
}

interface Proposed {
  setId(id: unknown): void;
  setData(data: Uint8Array): void;
  getMetadataMap(): { set(key: string, value: string): unknown };
}

/** Fills in an event. (Default: JSON of type Tested) */
export function propose<Message extends object>(message: Message, event: EventSpec): Message {
  const target = message as unknown as Proposed;
  const id = new shared.UUID();
  id.setString(event.id);
  target.setId(id);
  target.setData(Buffer.from(event.data ?? '{}'));
  const { type = 'Tested', contentType = 'application/json' } = event;
  if (type !== 'ABSENT') target.getMetadataMap().set('type', type);
  if (contentType !== 'ABSENT') target.getMetadataMap().set('content-type', contentType);
  return message;
}

export function readRequest(spec: ReadSpec): ReadReq {
  const { Options } = streams.ReadReq;
  const options = new Options();
  if (spec.stream !== undefined) options.setStream(streamOptions(spec));
  else options.setAll(allOptions(spec));
  options.setReadDirection(Options.ReadDirection[spec.backwards === true ? 'BACKWARDS' : 'FORWARDS']);
  if (spec.count !== undefined) options.setCount(String(spec.count));
  if (spec.subscribe === true) options.setSubscription(new Options.SubscriptionOptions());
  if (spec.filter === undefined) options.setNoFilter(empty());
  else if (spec.filter !== 'none') options.setFilter(filterOptions(spec.filter));
  if (spec.noUuidOption !== true) {
    const uuid = new Options.UUIDOption();
    uuid.setString(empty());
    options.setUuidOption(uuid);
  }
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
}

function streamOptions({ stream, from }: ReadSpec): ReadReq.Options.StreamOptions {
  const options = new streams.ReadReq.Options.StreamOptions();
  options.setStreamIdentifier(streamIdentifier(stream!));
  if (from === 'start') options.setStart(empty());
  else if (from === 'end') options.setEnd(empty());
  else if (from !== undefined && typeof from !== 'object') options.setRevision(String(from));
  return options;
}

function allOptions({ from }: ReadSpec): ReadReq.Options.AllOptions {
  const options = new streams.ReadReq.Options.AllOptions();
  if (from === 'start') options.setStart(empty());
  else if (from === 'end') options.setEnd(empty());
  else if (typeof from === 'object') {
    const position = new streams.ReadReq.Options.Position();
    position.setCommitPosition(String(from.commit));
    position.setPreparePosition(String(from.prepare));
    options.setPosition(position);
  }
  return options;
}

function filterOptions(spec: FilterSpec): ReadReq.Options.FilterOptions {
  const { FilterOptions } = streams.ReadReq.Options;
  const options = new FilterOptions();
  const expression = new FilterOptions.Expression();
  if (spec.regex !== undefined) expression.setRegex(spec.regex);
  expression.setPrefixList([...(spec.streams ?? spec.types ?? [])]);
  if (spec.types !== undefined) options.setEventType(expression);
  else if (spec.streams !== undefined || spec.regex !== undefined) options.setStreamIdentifier(expression);
  if (spec.max !== undefined) options.setMax(spec.max);
  if (spec.unbounded === true) options.setCount(empty());
  options.setCheckpointintervalmultiplier(spec.interval ?? 1);
  return options;
}
