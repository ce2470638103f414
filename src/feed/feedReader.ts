import type { ServerResponse } from 'node:http';
import type { AppError } from '../errors/appError.ts';
import type { Feed } from './feed.ts';
import type { FeedFormat, FeedItem } from './feedItem.ts';

/** Bounds of what waits for one reader, in events and in bytes: some seconds of a busy gateway. */
export const MAX_WAITING_EVENTS = 1_000;
export const MAX_WAITING_BYTES = 256 * 1024;

export interface FeedReaderOptions {
  readonly res: ServerResponse;
  readonly format: FeedFormat;
  readonly feed: Feed;
  /** Whether this reader gets an item. */
  readonly shows: (item: FeedItem) => boolean;
  /** (Default: 1_000) */
  readonly maxEvents?: number;
  /** (Default: 256 KiB) */
  readonly maxBytes?: number;
}

/**
 * Writes the feed to one client. What waits for the client has a bound. Beyond it events are dropped, and an event `gap` gives
 * their number. A client that does not read costs this bound and holds up no other; the front cuts its connection.
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

  /** Adds items, and writes what waits if the client has taken what was written before. */
  offer(items: readonly FeedItem[]): void {
    for (const item of items) {
      if (this.#options.shows(item)) this.#add(item);
    }
    this.flush();
  }

  #add(item: FeedItem): void {
    // After the first event that is dropped, all are until the gap is written: so the gap says how many, and order is kept.
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

  /** Writes what waits if the client has taken what was written before. */
  flush(): void {
    const { res, feed, format } = this.#options;
    if (this.#blocked || res.writableEnded || res.destroyed) return;
    if (this.#dropped > 0) {
      const gap = feed.createItem({ type: 'gap', dropped: this.#dropped, data: { reason: 'slow-reader' } });
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
  writeHeartbeat(): void {
    const { feed } = this.#options;
    if (this.#blocked) return;
    this.#waiting.push(feed.createItem({ type: 'heartbeat', data: {} }).bytes(this.#options.format));
    this.flush();
  }

  /** Ends the feed, with the reason as its last event. */
  end(reason: AppError): void {
    const { res, feed, format } = this.#options;
    if (res.writableEnded || res.destroyed) return;
    // What a client does not take can't hold up the end.
    if (this.#blocked) {
      res.destroy();
      return;
    }
    this.flush();
    res.end(feed.createItem({ type: 'error', data: { code: reason.code } }).bytes(format));
  }
}
