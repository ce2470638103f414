import { readFileSync } from 'node:fs';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type * as Grpc from '@grpc/grpc-js';

import { streamIdentifier } from '../streamName.ts';
import { Empty, featuresGrpc, gossipGrpc, grpc, shared, streams, streamsGrpc, Timestamp } from '../stubs.ts';
import { propose, readRequest, setExpected, type AppendSpec, type ExpectedSpec, type ReadSpec } from './requests.ts';

/** A server answers or ends everything within this time, or it counts as silent. */
const SILENCE_MS = 6_000;

/** The messages of a call as plain objects, and how it ended. */
export interface Answer {
  readonly messages: readonly object[];
  readonly end: Ending;
}

export type Ending =
  'ended' | 'left' | 'silent' | { readonly code: number; readonly details: string; readonly metadata: object };

export interface BatchSpec extends AppendSpec {
  readonly correlation: string;
  /** Milliseconds from now. (Default: none) */
  readonly deadlineMs?: number;
  /** Sent as more chunks than one. */
  readonly chunks?: number;
}

/** Speaks the protocol without a client's care: every message as it is asked for, every answer as it comes. */
export interface RawClient extends Disposable {
  append(spec: AppendSpec): Promise<Answer>;
  batch(specs: readonly BatchSpec[]): Promise<Answer>;
  /** Reads to the end, or, of a subscription, until `isEnough` of what has come. */
  read(spec: ReadSpec | 'no-options', isEnough?: (messages: readonly object[]) => boolean): Promise<Answer>;
  /** As `read`, with more to do once the subscription has caught up. */
  whileReading(
    spec: ReadSpec,
    isEnough: (messages: readonly object[]) => boolean,
    act: () => Promise<unknown>,
  ): Promise<Answer>;
  remove(stream: string, expected: ExpectedSpec | undefined, how: 'soft' | 'tombstone'): Promise<Answer>;
  gossip(): Promise<Answer>;
  features(): Promise<Answer>;
}

export interface Login {
  readonly name: string;
  readonly password: string;
}

/** @param caFile The server's authority, over TLS. */
export function openRawClient(port: number, caFile?: string, login?: Login): RawClient {
  const address = `127.0.0.1:${port}`;
  const credentials =
    caFile === undefined ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(readFileSync(caFile));
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  const client = new streamsGrpc.StreamsClient(address, credentials, options);
  const metadata = new grpc.Metadata();
  if (login !== undefined) {
    metadata.set('authorization', `Basic ${Buffer.from(`${login.name}:${login.password}`).toString('base64')}`);
  }
  const limits = () => ({ deadline: Date.now() + SILENCE_MS });

  function unary(
    start: (done: (error: Grpc.ServiceError | null, response?: Message) => void) => void,
  ): Promise<Answer> {
    return new Promise((resolve) => {
      start((error, response) =>
        resolve({
          messages: response === undefined ? [] : [response.toObject()],
          end: error === null ? 'ended' : ending(error),
        }),
      );
    });
  }

  function collect(
    call: Grpc.ClientReadableStream<Message>,
    isEnough: (messages: readonly object[]) => boolean,
  ): Promise<Answer> {
    const messages: object[] = [];
    return new Promise((resolve) => {
      call.on('data', (message: Message) => {
        messages.push(message.toObject());
        if (!isEnough(messages)) return;
        resolve({ messages, end: 'left' });
        call.cancel();
      });
      call.on('end', () => resolve({ messages, end: 'ended' }));
      call.on('error', (error: Grpc.ServiceError) => resolve({ messages, end: ending(error) }));
    });
  }

  const startRead = (spec: ReadSpec | 'no-options') => {
    const request = spec === 'no-options' ? new streams.ReadReq() : readRequest(spec);
    return client.read(request, metadata, limits()) as unknown as Grpc.ClientReadableStream<Message>;
  };

  return {
    append: (spec) =>
      unary((done) => {
        const call = client.append(metadata, limits(), done as never);
        if (spec.stream !== undefined) {
          const options = new streams.AppendReq.Options();
          options.setStreamIdentifier(streamIdentifier(spec.stream));
          setExpected(options, spec.expected, (revision) => options.setRevision(revision));
          const request = new streams.AppendReq();
          request.setOptions(options);
          call.write(request);
        }
        for (const event of spec.events ?? []) {
          const request = new streams.AppendReq();
          request.setProposedMessage(propose(new streams.AppendReq.ProposedMessage(), event));
          call.write(request);
        }
        call.end();
      }),
    async batch(specs) {
      const call = client.batchAppend(metadata, limits());
      const expected = specs.length;
      const answer = collect(call, (got) => got.length >= expected);
      for (const spec of specs) for (const request of batchRequests(spec)) call.write(request);
      return answer;
    },
    read: (spec, isEnough = () => false) => collect(startRead(spec), isEnough),
    async whileReading(spec, isEnough, act) {
      const call = startRead(spec);
      const caughtUp = Promise.withResolvers<undefined>();
      const answer = collect(call, (messages) => {
        if (messages.some((message) => 'caughtUp' in message && message.caughtUp !== undefined))
          caughtUp.resolve(undefined);
        return isEnough(messages);
      });
      // Whether what comes before that is of the past or live is decided by who is faster.
      await Promise.race([caughtUp.promise, answer]);
      await act();
      return answer;
    },
    remove(stream, expected, how) {
      if (how === 'soft') {
        const options = new streams.DeleteReq.Options();
        options.setStreamIdentifier(streamIdentifier(stream));
        setExpected(options, expected, (revision) => options.setRevision(revision));
        const request = new streams.DeleteReq();
        request.setOptions(options);
        return unary((done) => client.delete(request, metadata, limits(), done));
      }
      const options = new streams.TombstoneReq.Options();
      options.setStreamIdentifier(streamIdentifier(stream));
      setExpected(options, expected, (revision) => options.setRevision(revision));
      const request = new streams.TombstoneReq();
      request.setOptions(options);
      return unary((done) => client.tombstone(request, metadata, limits(), done));
    },
    gossip: () =>
      unary((done) => {
        new gossipGrpc.GossipClient(address, credentials, options).read(
          new shared.Empty(),
          metadata,
          limits(),
          done as never,
        );
      }),
    features: () =>
      unary((done) => {
        new featuresGrpc.ServerFeaturesClient(address, credentials, options).getSupportedMethods(
          new shared.Empty(),
          metadata,
          limits(),
          done as never,
        );
      }),
    [Symbol.dispose]: () => client.close(),
  };
}

interface Message {
  toObject(): object;
}

/** What the transport adds says nothing of the server's mind. */
const TRANSPORT = ['content-type', 'date', 'server', 'content-length', 'grpc-accept-encoding', 'accept-encoding'];

function ending({ code, details, metadata }: Grpc.ServiceError): Ending {
  if (code === grpc.status.DEADLINE_EXCEEDED) return 'silent';
  const found = Object.entries(metadata.getMap()).filter(([name]) => !TRANSPORT.includes(name));
  return { code, details, metadata: Object.fromEntries(found) };
}

function batchRequests(spec: BatchSpec): BatchAppendReq[] {
  const { chunks = 1, events = [] } = spec;
  return Array.from({ length: chunks }, (_, index) => {
    const request = new streams.BatchAppendReq();
    const id = new shared.UUID();
    id.setString(spec.correlation);
    request.setCorrelationId(id);
    if (index === 0) request.setOptions(batchOptions(spec));
    const part = events.filter((_event, at) => at % chunks === index);
    request.setProposedMessagesList(part.map((event) => propose(new streams.BatchAppendReq.ProposedMessage(), event)));
    request.setIsFinal(index === chunks - 1);
    return request;
  });
}

function batchOptions({ stream, expected, deadlineMs }: BatchSpec): BatchAppendReq.Options {
  const options = new streams.BatchAppendReq.Options();
  if (stream !== undefined) options.setStreamIdentifier(streamIdentifier(stream));
  setExpected(
    options,
    expected,
    (revision) => options.setStreamPosition(revision),
    () => new Empty(),
  );
  if (deadlineMs !== undefined) {
    const at = Date.now() + deadlineMs;
    const deadline = new Timestamp();
    deadline.setSeconds(Math.floor(at / 1_000));
    deadline.setNanos((at % 1_000) * 1_000_000);
    options.setDeadline(deadline);
  }
  return options;
}
