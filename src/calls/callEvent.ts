import type { HttpProtocol } from '../httpProtocol.ts';
import type { Era } from '../mcp/eras.ts';

/** What is known of a call when it has ended, for counters, the feed and logs. It holds no secrets and no bodies. */
export interface CallEvent {
  /** The id of the client’s request, which its answer names (`X-Request-Id`); undefined: no client asked. */
  readonly requestId: string | undefined;
  /** What carried it from the client, or from what stands before the gateway; undefined: no client asked. */
  readonly protocol: HttpProtocol | undefined;
  /** Of the trace that it belongs to (W3C Trace Context); undefined: nobody traces it. */
  readonly traceId?: string | undefined;
  readonly keyId: string;
  /** As it was when the call began. */
  readonly keyName: string;
  readonly server: string;
  /** The JSON-RPC method; without a message, GET or DELETE; `batch` for a batch. */
  readonly method: string;
  readonly tool: string | undefined;
  /** That of the client. Undefined over REST, and where the message was not read. */
  readonly era: Era | undefined;
  /** It was a stream that stands open for events, not the answer to a call. */
  readonly standing: boolean;
  /**
   * `ok`, `client-closed`, or the code of the error that ended it. The content of a JSON-RPC answer is not read,
   * except over REST: `tool-error` for a tool that reports a failure itself.
   */
  readonly outcome: string;
  /** The message of the error that ended it, for logs. (Default: none) */
  readonly reason?: string | undefined;
  /** The gateway answered it in the server’s place, mostly with a refusal: the server got nothing of it. */
  readonly answeredHere: boolean;
  /** The HTTP status that the client got; 0 when it left before. */
  readonly status: number;
  readonly durationMs: number;
  /** See OwnTime. Undefined where it is not measured: over REST, of a part of what the aggregate was asked, and of what is answered here. */
  readonly ownMs: number | undefined;
  /** Of the body of the request, as the client sent it. */
  readonly bytesIn: number;
  /** Of the body of the answer, as it was written for the client, whatever the server sent: with the framing of an event stream. */
  readonly bytesOut: number;
}

/** Gets the event of a call that has ended, on the call's path: it neither waits nor throws. */
export type CallObserver = (event: CallEvent) => void;
