import type { IncomingMessage } from 'node:http';

/** Resolves with the time when the answer ended. */
export function ended(answer: IncomingMessage): Promise<number> {
  return new Promise((resolve) => {
    answer.resume();
    answer.on('error', () => undefined);
    answer.once('close', () => resolve(performance.now()));
  });
}
