import type { FeedEvent } from './feedEvent.ts';

/** The format of a feed: newline-delimited JSON, or an event stream (WHATWG HTML, 9.2). */
export type FeedFormat = 'ndjson' | 'sse';

/** An event with its bytes, which are made once for all readers. */
export class FeedItem {
  readonly event: FeedEvent;
  readonly #bytes: Partial<Record<FeedFormat, Buffer>> = {};

  constructor(event: FeedEvent) {
    this.event = event;
  }

  bytes(format: FeedFormat): Buffer {
    return (this.#bytes[format] ??= Buffer.from(serialise(this.event, format)));
  }
}

function serialise(event: FeedEvent, format: FeedFormat): string {
  const json = JSON.stringify(event);
  if (format === 'ndjson') return `${json}\n`;
  if (event.type === 'heartbeat') return ': alive\n\n';
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${json}\n\n`;
}
