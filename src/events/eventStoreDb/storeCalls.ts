import { requireConnection } from '../requireConnection.ts';
import { closedError, type Connection, type Connections } from './connections.ts';
import { appErrorOf, type CallContext } from './failures.ts';
import type { Names } from './names.ts';
import { RetryPolicy } from './retryPolicy.ts';
import { readCall, type ReadCallOptions, type ReadResponse } from './readCall.ts';
import type { ReadRequest } from './readRequest.ts';

export interface StoreCallsOptions {
  readonly connections: Connections;
  readonly names: Names;
  /** The user of the connection; undefined: none. */
  readonly user: string | undefined;
  /** How long the server may be silent while we wait for it. */
  readonly readDeadlineMs: number;
  readonly retryForMs: number;
  readonly maxDiscoverAttempts: number | undefined;
  readonly discoveryIntervalMs: number;
  readonly disposed: AbortSignal;
}

export interface ReadOptions {
  /** What is read: a stream's name in the store, or `$all`. */
  readonly stream: string;
  /** Made anew for each try, to go on after what has come. */
  readonly request: () => ReadRequest;
  /** Ends the reading, which then throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** As of `readCall`. */
  readonly isAlive?: ReadCallOptions['isAlive'];
}

/** Calls of the store. One that fails where another could succeed is made again, as long as the retry policy allows. */
export interface StoreCalls extends Omit<
  StoreCallsOptions,
  'maxDiscoverAttempts' | 'discoveryIntervalMs' | 'retryForMs'
> {
  /**
   * Calls over the present connection, or a new one.
   * @param over the number of the only connection to be used
   * @throws Unavailable `connection-changed`; what the failure of the call means
   */
  call<T>(
    kind: 'read' | 'append',
    context: Pick<CallContext, 'stream' | 'append'>,
    work: (connection: Connection) => Promise<T>,
    over?: number,
  ): Promise<T>;
  /** Reads, and goes on where a try broke off. @throws Unavailable, Refused; the signal's reason */
  read(options: ReadOptions): AsyncIterable<ReadResponse>;
  /** What a failure means. */
  appError(error: unknown, context: Pick<CallContext, 'stream' | 'append'>): unknown;
}

export function createStoreCalls(options: StoreCallsOptions): StoreCalls {
  const { connections, user, disposed, readDeadlineMs } = options;

  function appError(error: unknown, context: Pick<CallContext, 'stream' | 'append'>): unknown {
    return appErrorOf(error, { ...context, user, nodes: connections.nodes });
  }

  async function call<T>(
    kind: 'read' | 'append',
    context: Pick<CallContext, 'stream' | 'append'>,
    work: (connection: Connection) => Promise<T>,
    over?: number,
  ): Promise<T> {
    const retries = new RetryPolicy(kind, { ...options, signal: disposed });
    for (;;) {
      let connection: Connection | undefined;
      try {
        requireConnection(over, connections.number);
        connection = await connections.open();
        requireConnection(over, connection.number);
        return await work(connection);
      } catch (error) {
        await retries.after(error, connection).catch((last: unknown) => {
          throw appError(last, context);
        });
      }
    }
  }

  async function* read({
    stream,
    request,
    signal,
    isAlive,
  }: ReadOptions): AsyncGenerator<ReadResponse, void, undefined> {
    const ended = signal === undefined ? disposed : AbortSignal.any([signal, disposed]);
    const retries = new RetryPolicy('read', { ...options, signal: ended });
    const limits = { signal: ended, firstWithinMs: readDeadlineMs, nextWithinMs: readDeadlineMs, isAlive };
    for (;;) {
      let connection: Connection | undefined;
      try {
        signal?.throwIfAborted();
        connection = await connections.open();
        for await (const response of readCall(connection, request(), limits)) {
          if (response.hasEvent() || response.hasCheckpoint()) retries.reset();
          yield response;
        }
        signal?.throwIfAborted();
        if (disposed.aborted) throw closedError();
        return;
      } catch (error) {
        await retries.after(error, connection).catch((last: unknown) => {
          throw appError(last, { stream });
        });
      }
    }
  }

  return { ...options, call, read, appError };
}
