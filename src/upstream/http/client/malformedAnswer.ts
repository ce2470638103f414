/** Of what a server sent, so much goes with the error, in characters: enough to tell what protocol it is. */
const SHOWN = 64;

/** A server's answer is not HTTP/1.1, or may be understood in two ways. */
export class MalformedAnswer extends Error {
  /** What the server sent in place of HTTP, as it begins; undefined: it is HTTP, but not as it must be. */
  readonly otherProtocol: string | undefined;

  constructor(part: string, otherProtocol?: string) {
    super(`the answer has a malformed ${part}`);
    this.otherProtocol = otherProtocol?.slice(0, SHOWN);
  }
}

/**
 * Refuses an answer for one part of it.
 * @throws MalformedAnswer always
 */
export function malformed(part: string): never {
  throw new MalformedAnswer(part);
}
