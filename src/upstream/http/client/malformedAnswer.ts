/** Of what a server sent, so much goes with the error, in characters: enough to tell what protocol it is. */
const SHOWN = 64;

/** A server's answer is not HTTP/1.1, or may be understood in two ways. */
export class MalformedAnswer extends Error {
  /** How it begins. */
  readonly received: string;

  constructor(what: string, received: string) {
    super(`the answer has a malformed ${what}`);
    this.received = received.slice(0, SHOWN);
  }
}

/** @throws MalformedAnswer always */
export function malformed(what: string, received: string): never {
  throw new MalformedAnswer(what, received);
}
