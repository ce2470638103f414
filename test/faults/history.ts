import { StreamNotFoundError } from '@eventstore/db-client';
import type { Installation } from './installation.ts';

/** Undoes a deletion or a limit, as docs/eventstoredb.md tells operators: empty metadata, twice. */
export async function showAgain({ operator }: Installation, stream: string): Promise<void> {
  await operator(async (client) => {
    for (let time = 1; time <= 2; time += 1) await client.setStreamMetadata(stream, {});
  });
}

/** How many events a stream has for whoever reads it. */
export async function lengthOf({ operator }: Installation, stream: string): Promise<number> {
  return operator(async (client) => {
    let length = 0;
    try {
      for await (const _ of client.readStream(stream)) length += 1;
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
    return length;
  });
}
