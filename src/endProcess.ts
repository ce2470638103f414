import type { Writable } from 'node:stream';

/**
 * Ends the process once what it has written has arrived. It waits for nothing else: a connection that nobody answers would keep
 * it alive long after its work is done.
 */
export async function endProcess(code: number): Promise<never> {
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit(code);
}

/** Waits until the stream has passed on all that was written; not for a reader that is gone. */
function written(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.on('error', () => resolve());
    stream.write('', () => resolve());
  });
}
