import type { ClientExchange } from '../../calls/clientExchange.ts';
import { whenOver } from '../../front/frontResponse.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import type { CallResponse } from '../lineResponse.ts';
import type { Posted } from './posted.ts';

/** What a call to the aggregate carries, to be counted for the servers that it goes to. */
export class CallTraffic {
  readonly #res: CallResponse;
  readonly #bytesIn: number;
  /** Of a batch: what was written for each request, by its id as JSON. */
  readonly #bytesOfPart = new Map<string, number>();

  constructor(res: CallResponse, bytesIn: number) {
    this.#res = res;
    this.#bytesIn = bytesIn;
  }

  /** Of a call that goes to one server. */
  get whole(): ClientExchange {
    return { bytesIn: this.#bytesIn, whenOver: (callback) => whenOver(this.#res, callback) };
  }

  /** Of one request of a batch: its own message, and those that answer it. */
  ofPart({ id, method, params }: Posted): ClientExchange {
    const key = stringifyLossless(id);
    return {
      bytesIn: Buffer.byteLength(stringifyLossless({ jsonrpc: '2.0', id, method, params })),
      whenOver: (callback) =>
        whenOver(this.#res, (end) => callback({ ...end, bytesOut: this.#bytesOfPart.get(key) ?? 0 })),
    };
  }

  /** A message was written for one request of a batch. */
  countPart(id: unknown, text: string): void {
    const key = stringifyLossless(id);
    this.#bytesOfPart.set(key, (this.#bytesOfPart.get(key) ?? 0) + Buffer.byteLength(text));
  }
}
