import { PassThrough } from 'node:stream';

/** A stream that says to be a terminal. */
export function terminalStream(): PassThrough & { readonly isTTY: true } {
  return Object.assign(new PassThrough(), { isTTY: true as const });
}
