import type { Timeouts } from '../../src/events/mcpServer.ts';
import type { Era } from '../../src/mcp/eras.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import type { Upstream, UpstreamMessage } from '../../src/upstream/upstream.ts';

/** A JSON-RPC message as a server gets it. */
export interface Received {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: JsonObject;
  readonly result?: JsonObject;
  readonly error?: JsonObject;
}

/** The server's way to the client: for one request, or for what it sends outside of requests. */
export interface Outlet {
  /** Sends a message; settles when the transport takes more. */
  send(message: object): Promise<void>;
  /** Sends, in place of a message, a text that is none. */
  sendText(text: string): void;
  /** Ends it as a server does that has no more to send. */
  end(): void;
  /** Breaks it off, as a server does that dies. */
  die(): void;
}

/** What a server does with a request, by its method. Others it does not know. Under the empty name: with a reply to one of its own. */
export type Behaviour = Readonly<Record<string, (request: Received, outlet: Outlet) => void>>;

export interface WorldOptions {
  readonly timeouts?: Partial<Timeouts>;
  readonly capabilities?: JsonObject;
  /** The server has no way for messages outside of requests. */
  readonly isMute?: boolean;
}

/** A server and the Upstream to it. */
export interface UpstreamUnderTest extends AsyncDisposable {
  readonly upstream: Upstream;
  /** What has reached the server since the conversation was opened. */
  readonly received: readonly Received[];
  /** The ids of the requests that the server knows to be cancelled. */
  readonly cancelled: readonly unknown[];
  /** The ways for messages outside of requests that are open. */
  readonly listeners: readonly Outlet[];
}

/** Servers that behave as a test says, reached by one transport in one era (or by what stands before one). */
export interface UpstreamWorld {
  readonly era: Era;
  /** All messages share one channel: nobody can listen to a legacy server apart, and one reader that stops stops the others. */
  readonly isOneChannel?: boolean;
  /** The server is of the other era: what only one era has (requests of the server's) is not as it is at a server of this one. */
  readonly isBridged?: boolean;
  open(behaviour?: Behaviour, options?: WorldOptions): Promise<UpstreamUnderTest>;
}

export const tick = (number: number): object => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level: 'info', data: number },
});

export const answer = ({ id }: Received, result: object = {}): object => ({
  jsonrpc: '2.0',
  id,
  result: { resultType: 'complete', ...result },
});

/** Answers each request with what it got. */
export const echo: Behaviour = {
  echo: (request, outlet) => {
    void outlet.send(answer(request, { params: request.params }));
  },
};

/** Reads all that comes, as its method or its kind. */
export async function collect(messages: AsyncIterable<UpstreamMessage>): Promise<UpstreamMessage[]> {
  const all: UpstreamMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** Takes the answer's result. */
export async function resultOf(messages: AsyncIterable<UpstreamMessage>): Promise<JsonObject> {
  const last = (await collect(messages)).at(-1);
  if (last?.kind !== 'response' || !('result' in last.response)) throw new Error('it did not end with a result');
  return last.response.result;
}

/** The data of log messages. */
export function ticksOf(messages: readonly UpstreamMessage[]): unknown[] {
  return messages.flatMap((message) =>
    message.kind === 'notification' && message.notification.method === 'notifications/message'
      ? [message.notification.params?.['data']]
      : [],
  );
}
