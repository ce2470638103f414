import type { ServerResponse } from 'node:http';
import type { AppError } from '../errors/appError.ts';
import type { Activity } from './activity.ts';
import type { FeedFormat, FeedItem } from './feedItem.ts';

/** Bounds of what waits for one reader, in events and in bytes: some seconds of a busy gateway. */
export const MAX_WAITING_EVENTS = 1_000;
export const MAX_WAITING_BYTES = 256 * 1024;

export interface FeedReaderOptions {
  readonly res: ServerResponse;
  readonly format: FeedFormat;
  readonly activity: Activity;
  /** Tells which items this reader gets. */
  readonly shows: (item: FeedItem) => boolean;
  /** (Default: 1_000) */
  readonly maxEvents?: number;
  /** (Default: 256 KiB) */
  readonly maxBytes?: number;
}

/**
 * Writes a feed to one client. What waits for it has a bound; beyond that events are dropped, and a gap tells how many.
 * So a reader that does not read costs its bound and no more, and nobody ever waits for it; the front cuts it.
 */
export class FeedReader {
  readonly #options: FeedReaderOptions;
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #blocked = false;

  constructor(options: FeedReaderOptions) {
    this.#options = options;
    this.#maxEvents = options.maxEvents ?? MAX_WAITING_EVENTS;
    this.#maxBytes = options.maxBytes ?? MAX_WAITING_BYTES;
    options.res.on('drain', () => {
      this.#blocked = false;
      this.flush();
    });
  }

  /** Adds to what waits, and writes it, if the client has taken what it was given before. */
  offer(items: readonly FeedItem[]): void {
    for (const item of items) {
      if (this.#options.shows(item)) this.#add(item);
    }
    this.flush();
  }

  #add(item: FeedItem): void {
    // Once something is missing, all is until the gap is told: order is kept.
    if (this.#dropped > 0) {
      this.#dropped += 1;
      return;
    }
    const bytes = item.bytes(this.#options.format);
    if (!this.#fits(bytes)) this.flush();
    if (!this.#fits(bytes)) this.#dropped += 1;
    else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
  }

  #fits(bytes: Buffer): boolean {
    return this.#waiting.length < this.#maxEvents && this.#waitingBytes + bytes.length <= this.#maxBytes;
  }

  /** Writes what waits, if the client has taken what it was given before. */
  flush(): void {
    const { res, activity, format } = this.#options;
    if (this.#blocked || res.writableEnded || res.destroyed) return;
    if (this.#dropped > 0) {
      const gap = activity.item({ type: 'gap', dropped: this.#dropped, data: { reason: 'slow-reader' } });
      this.#waiting.push(gap.bytes(format));
      this.#dropped = 0;
    }
    if (this.#waiting.length === 0) return;
    const bytes = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#blocked = !res.write(bytes);
  }

  /** Says that the feed is alive, if the client takes what it was given before. */
  beat(): void {
    const { activity } = this.#options;
    if (this.#blocked) return;
    this.#waiting.push(activity.item({ type: 'heartbeat', data: {} }).bytes(this.#options.format));
    this.flush();
  }

  /** Ends the feed, with the reason as its last event. */
  end(reason: AppError): void {
    const { res, activity, format } = this.#options;
    if (res.writableEnded || res.destroyed) return;
    // What a client does not take can't hold up the end.
    if (this.#blocked) {
      res.destroy();
      return;
    }
    this.flush();
    res.end(activity.item({ type: 'error', data: { code: reason.code } }).bytes(format));
  }
}
