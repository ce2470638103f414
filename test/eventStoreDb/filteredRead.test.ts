import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { decodeRecord, type StoredEvent } from '../support/eventStoreDb/eventRecord.ts';
import { writeTraffic } from '../support/eventStoreDb/systemTraffic.ts';
import { grpc, shared, streams, streamsGrpc } from '../support/eventStoreDb/stubs.ts';
import { collect } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

// The client can filter subscriptions only; the protocol can filter reads as well.
let server: WireServer;
let client: InstanceType<typeof streamsGrpc.StreamsClient>;
beforeAll(async () => {
  server = await openWireServer();
  writeTraffic(server.history, 300);
  client = new streamsGrpc.StreamsClient(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

type FilterOptions = ReadReq.Options.FilterOptions;

async function read(fill: (filter: FilterOptions, options: ReadReq.Options) => void): Promise<StoredEvent[]> {
  const filter = new streams.ReadReq.Options.FilterOptions();
  filter.setCount(new shared.Empty());
  const all = new streams.ReadReq.Options.AllOptions();
  all.setStart(new shared.Empty());
  const uuid = new streams.ReadReq.Options.UUIDOption();
  uuid.setString(new shared.Empty());
  const options = new streams.ReadReq.Options();
  options.setAll(all);
  options.setUuidOption(uuid);
  options.setCount('1000');
  options.setFilter(filter);
  fill(filter, options);
  const request = new streams.ReadReq();
  request.setOptions(options);
  const answers = await collect(client.read(request) as AsyncIterable<InstanceType<typeof streams.ReadResp>>);
  return answers.map((answer) => decodeRecord(answer.getEvent()!.getEvent()!.serializeBinary()));
}

function expression(fill: { regex?: string; prefixes?: string[] }) {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  expression.setRegex(fill.regex ?? '');
  expression.setPrefixList(fill.prefixes ?? []);
  return expression;
}

const namesOf = (events: StoredEvent[]): Set<string> => new Set(events.map(({ stream }) => stream.split('-')[0]!));

test('all events are read by the prefixes of their streams', async () => {
  const events = await read((filter) => filter.setStreamIdentifier(expression({ prefixes: ['other-', 'cart.'] })));
  expect(namesOf(events)).toEqual(new Set(['other', 'cart.0', 'cart.1', 'cart.2']));
  expect(events.length).toBeGreaterThan(32);
});

test('all events are read by a pattern of their streams', async () => {
  const events = await read((filter) => filter.setStreamIdentifier(expression({ regex: '^(other|\\$users)' })));
  expect(namesOf(events)).toEqual(new Set(['other', 'othermcpServer', '$users']));
});

test('all events are read by their types', async () => {
  const byPrefix = await read((filter) => filter.setEventType(expression({ prefixes: ['$'] })));
  expect(new Set(byPrefix.map(({ type }) => type))).toEqual(new Set(['$statsCollected', '$metadata', '$>', '$User']));
  const byPattern = await read((filter) => filter.setEventType(expression({ regex: '^[^$].*' })));
  expect(byPattern.some(({ type }) => type.startsWith('$'))).toBe(false);
});

test('what a real server hides stays hidden, whatever the filter', async () => {
  const event = { id: crypto.randomUUID(), isJson: false, data: Buffer.alloc(0), metadata: Buffer.alloc(0) };
  server.history.append('$epoch-information', 'any', [{ ...event, type: '$epoch-information' }]);
  const events = await read((filter) => filter.setEventType(expression({ prefixes: ['$'] })));
  expect(namesOf(events)).not.toContain('$epoch');
});

test('a filtered read goes backwards, up to its count, however narrow its search window', async () => {
  const events = await read((filter, options) => {
    filter.setStreamIdentifier(expression({ prefixes: ['other-'] }));
    filter.setMax(1);
    options.setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS);
    options.getAll()!.setEnd(new shared.Empty());
    options.setCount('5');
  });
  const expected = server.history.log.count;
  expect(events).toHaveLength(5);
  expect(events.every(({ stream }) => stream.startsWith('other-'))).toBe(true);
  expect(Number(events[0]!.position)).toBeGreaterThan(server.history.log.positionOf(expected - 8));
});

test('what the protocol has no use for is refused', async () => {
  await expect(read(() => undefined)).rejects.toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
  const structured = read((filter, options) => {
    filter.setEventType(expression({ prefixes: ['$'] }));
    options.getUuidOption()!.setStructured(new shared.Empty());
  });
  await expect(structured).rejects.toMatchObject({ code: grpc.status.UNIMPLEMENTED });
  const backwards = read((filter, options) => {
    filter.setEventType(expression({ prefixes: ['$'] }));
    options.setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS);
    options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
  });
  await expect(backwards).rejects.toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
});
