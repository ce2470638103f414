import { ServerResponse, type IncomingMessage } from 'node:http';

type Chunk = Parameters<ServerResponse['write']>[0];
type Sent = ((error?: Error | null) => void) | undefined;

/**
 * An answer that counts its body, in bytes: all that was handed over for the client, the framing of an event stream and its
 * comments included; HTTP's own framing is not.
 */
export class CountedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  bodyBytes = 0;
  /** What answers, as the OpenAPI document names it. Undefined: there is nothing at that place. */
  route: string | undefined;

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
  if (res instanceof CountedResponse) res.route = route;
}

/** The bytes of an answer's body that were handed over for the client. */
export function bodyBytesOf({ bodyBytes = 0 }: Answer): number {
  return bodyBytes;
}

/** What is known of an answer, whatever carries it: of HTTP, the response itself. */
type Answer = Pick<ServerResponse, 'destroyed' | 'headersSent' | 'statusCode'> & {
  readonly bodyBytes?: number;
  once(event: 'close', listener: () => void): unknown;
};

/** Calls back when the client has its answer, or is gone. @param callback gets the status 0 where the client left before it got one */
export function whenOver(
  res: Answer,
  callback: (end: { readonly status: number; readonly bytesOut: number }) => void,
): void {
  const end = (): void => callback({ status: res.headersSent ? res.statusCode : 0, bytesOut: bodyBytesOf(res) });
  if (res.destroyed) end();
  else res.once('close', end);
}
