/** Revision of a tombstone, and `$tb` of a soft deletion: the largest 64-bit integer. */
export const DELETED = 2n ** 63n - 1n;

/** What a `$metadata` event says about a stream. */
export interface StreamMetadata {
  readonly maxCount?: number;
  readonly maxAgeMs?: number;
  readonly truncateBefore?: number;
  readonly softDeleted: boolean;
}

/** A stream: which event stands at which revision. */
export interface StreamState {
  readonly name: string;
  /** Event numbers by revision; a hole where an event was removed. */
  readonly events: (number | undefined)[];
  /** The number of the event that ended the stream for good. */
  tombstone: number | undefined;
  metadata: StreamMetadata;
  /** The data of the newest `$metadata` event, as it was written. */
  rawMetadata: string | undefined;
}

export function newStreamState(name: string): StreamState {
  // Only the newest metadata event of a stream can be read.
  const metadata = isMetastream(name) ? { maxCount: 1, softDeleted: false } : { softDeleted: false };
  return { name, events: [], tombstone: undefined, metadata, rawMetadata: undefined };
}

export const isMetastream = (name: string): boolean => name.startsWith('$$');
export const metastreamOf = (name: string): string => `$$${name}`;
export const originalStreamOf = (metastream: string): string => metastream.slice(2);

/** Reads stream metadata; what is not JSON counts as none. */
export function parseStreamMetadata(json: string): StreamMetadata {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return { softDeleted: false };
  }
  const { $maxCount: maxCount, $maxAge: maxAge, $tb: truncateBefore } = fields;
  const numbers = [maxCount, maxAge, truncateBefore].filter((field) => typeof field === 'number');
  // A fraction makes it none, with all that it says.
  if (!numbers.every(Number.isInteger)) return { softDeleted: false };
  return {
    // What is not above 0 counts as none.
    ...(typeof maxCount === 'number' && maxCount > 0 && { maxCount }),
    ...(typeof maxAge === 'number' && maxAge > 0 && { maxAgeMs: maxAge * 1000 }),
    ...(typeof truncateBefore === 'number' && { truncateBefore }),
    softDeleted: typeof truncateBefore === 'number' && truncateBefore >= Number(DELETED),
  };
}

/** The metadata that undoes a soft deletion: events before `revision` stay gone. */
export function undeletedMetadata(json: string, revision: number): string {
  return JSON.stringify({ ...(JSON.parse(json) as object), $tb: revision });
}
