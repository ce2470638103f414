import { randomUUID } from 'node:crypto';
import { ServerResponse, type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { httpProtocolOf, type HttpProtocol } from '../httpProtocol.ts';

type Chunk = Parameters<ServerResponse['write']>[0];
type Sent = ((error?: Error | null) => void) | undefined;
type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined;

/** What a reverse proxy in front, or a client, may have named its request by: short, and harmless in every log. */
const REQUEST_ID = /^[\w.:-]{8,64}$/;

/**
 * An answer of the gateway, which names the request it is for (`X-Request-Id`), as logs do, and counts its body, in bytes: all
 * that was handed over for the client, the framing of an event stream and its comments included; HTTP's own framing is not.
 */
export class FrontResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** The client’s own `X-Request-Id` where it is fit, so that its log and ours can be read side by side. Not unique by itself. */
  readonly requestId: string;
  bodyBytes = 0;
  /** What answers, as the OpenAPI document names it. Undefined: there is nothing at that place. */
  route: string | undefined;

  constructor(...args: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...args);
    const named = args[0].headers['x-request-id'];
    this.requestId = typeof named === 'string' && REQUEST_ID.test(named) ? named : randomUUID();
  }

  get protocol(): HttpProtocol {
    return httpProtocolOf(this.req);
  }

  override writeHead(status: number, reason?: string | Headers, more?: Headers): this {
    const headers = typeof reason === 'string' ? more : reason;
    // A list is written as it is; beside it, Node would have to merge what was set by name.
    if (Array.isArray(headers)) headers.push('X-Request-Id', this.requestId);
    else this.setHeader('X-Request-Id', this.requestId);
    return typeof reason === 'string' ? super.writeHead(status, reason, more) : super.writeHead(status, headers);
  }

  override write(chunk: Chunk, encoding?: BufferEncoding | Sent, sent?: Sent): boolean {
    this.#count(chunk, encoding);
    return super.write(chunk, encoding as BufferEncoding, sent);
  }

  override end(chunk?: Chunk, encoding?: BufferEncoding | Sent, sent?: Sent): this {
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') this.#count(chunk, encoding);
    return super.end(chunk, encoding as BufferEncoding, sent as () => void);
  }

  #count(chunk: Chunk, encoding: BufferEncoding | Sent): void {
    if (this.writableEnded || this.destroyed) return;
    const isText = typeof chunk === 'string';
    this.bodyBytes += isText
      ? Buffer.byteLength(chunk, typeof encoding === 'string' ? encoding : 'utf8')
      : (chunk as Uint8Array).byteLength;
  }
}

/** Notes the route of an answer, for who counts them. */
export function noteRoute(res: ServerResponse, route: string): void {
  if (res instanceof FrontResponse) res.route = route;
}

/** The bytes of an answer's body that were handed over for the client. */
export function bodyBytesOf({ bodyBytes = 0 }: Answer): number {
  return bodyBytes;
}

/** The id of the request that an answer is for; undefined: the answer is no gateway's. */
export function requestIdOf({ requestId }: Answer): string | undefined {
  return requestId;
}

/** What carries the request that an answer is for; undefined: the answer is no gateway's. */
export function protocolOf({ protocol }: Answer): HttpProtocol | undefined {
  return protocol;
}

/** What is known of an answer, whatever carries it: of HTTP, the response itself. */
type Answer = Pick<ServerResponse, 'destroyed' | 'headersSent' | 'statusCode'> & {
  readonly requestId?: string | undefined;
  readonly protocol?: HttpProtocol | undefined;
  readonly bodyBytes?: number;
  once(event: 'close', listener: () => void): unknown;
};

/** Calls back when the client has its answer, or is gone. @param callback gets the status 0 where the client left before it got one */
export function whenOver(
  res: Answer,
  callback: (end: {
    readonly requestId: string | undefined;
    readonly protocol: HttpProtocol | undefined;
    readonly status: number;
    readonly bytesOut: number;
  }) => void,
): void {
  const end = (): void => {
    const status = res.headersSent ? res.statusCode : 0;
    callback({ requestId: requestIdOf(res), protocol: protocolOf(res), status, bytesOut: bodyBytesOf(res) });
  };
  if (res.destroyed) end();
  else res.once('close', end);
}
