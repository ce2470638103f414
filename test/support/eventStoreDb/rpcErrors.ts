import type { Metadata } from '@grpc/grpc-js';

import { grpc } from './stubs.ts';

const { status } = grpc;

/** An error that ends a call: a gRPC status, with the metadata from which the client makes its own error. */
export class RpcError extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: number, details: string, metadata: Readonly<Record<string, string>> = {}) {
    super(details);
    this.code = code;
    this.details = details;
    this.metadata = new grpc.Metadata();
    for (const [key, value] of Object.entries(metadata)) this.metadata.set(key, value);
  }
}

/** Every error a real server ends a call with, in its words. */
export const rpcErrors = {
  accessDenied: (): RpcError => new RpcError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' }),
  unauthenticated: (): RpcError => new RpcError(status.UNAUTHENTICATED, 'Unauthenticated'),
  notLeader: (host: string, port: number): RpcError =>
    new RpcError(status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': host,
      'leader-endpoint-port': String(port),
    }),
  noLeader: (): RpcError => new RpcError(status.UNKNOWN, 'No leader info available in response'),
  notReady: (): RpcError => new RpcError(status.UNAVAILABLE, 'Server Is Not Ready'),
  tooBusy: (): RpcError => new RpcError(status.UNAVAILABLE, 'Server Is Too Busy'),
  timeout: (): RpcError => new RpcError(status.ABORTED, 'Operation timed out: Commit phase timeout.'),
  streamDeleted: (stream: string): RpcError =>
    new RpcError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
      exception: 'stream-deleted',
      'stream-name': stream,
    }),
  wrongExpectedVersion: (operation: string, stream: string, expected: bigint, actual: number): RpcError =>
    new RpcError(
      status.FAILED_PRECONDITION,
      `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
      {
        exception: 'wrong-expected-version',
        'stream-name': stream,
        'expected-version': String(expected),
        'actual-version': String(actual),
      },
    ),
  maxAppendSize: (bytes: number): RpcError =>
    new RpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${bytes} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(bytes),
    }),
  missingProperty: (name: string): RpcError =>
    new RpcError(status.INVALID_ARGUMENT, `Required Metadata Property '${name}' is missing`, {
      exception: 'missing-required-metadata-property',
      'required-metadata-properties': 'type,content-type',
    }),
  invalidPosition: (): RpcError => new RpcError(status.INVALID_ARGUMENT, 'Trying to read from an invalid position.'),
  /** Nothing was chosen where one of several is to be. */
  notACase: (name: string): RpcError =>
    new RpcError(status.INVALID_ARGUMENT, `'None' is not a valid EventStore.Client.Streams.${name}`),
  maxAppendEventSize: (id: string, proposed: number, max: number): RpcError => {
    const event = `{ "string": "${id}" }`;
    return new RpcError(
      status.INVALID_ARGUMENT,
      `Event with Id: ${event}, Size: ${proposed}, exceeds Maximum Append Event Size of ${max}.`,
      {
        exception: 'maximum-append-event-size-exceeded',
        'event-id': event,
        'proposed-append-event-size': String(proposed),
        'maximum-append-event-size': String(max),
      },
    );
  },
  invalidArgument: (details: string): RpcError => new RpcError(status.INVALID_ARGUMENT, details),
  unexpectedResult: (kind: string, result: string): RpcError =>
    new RpcError(status.UNKNOWN, `Unexpected ${kind}: ${result}`),
  unknown: (): RpcError => new RpcError(status.UNKNOWN, 'Unexpected OperationResult: Unknown'),
  /** What becomes of an exception nobody expected. */
  handlerThrew: (): RpcError => new RpcError(status.UNKNOWN, 'Exception was thrown by handler.'),
  internal: (): RpcError => new RpcError(status.INTERNAL, 'Internal error'),
  unavailable: (): RpcError => new RpcError(status.UNAVAILABLE, 'Service unavailable'),
  /** Not a real server's answer: this server does not do what was asked. */
  notModelled: (what: string): RpcError => new RpcError(status.UNIMPLEMENTED, `The test server does not model ${what}`),
};
