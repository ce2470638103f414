import { Limited } from '../errors/appError.ts';
import { hashToPhc, verifyPhc, type ArgonParameters } from './phc.ts';

/** OWASP Password Storage Cheat Sheet, Argon2id: m=19456 (19 MiB), t=2, p=1. */
export const OWASP_ARGON: ArgonParameters = { memoryKib: 19_456, passes: 2, lanes: 1 };

/** The slow hash of a key's secret. */
export interface Argon {
  /** Hashes a secret to a PHC string. @throws Limited `argon-busy` */
  hash(secret: string): Promise<string>;
  /** Checks whether a secret is the one hashed. @throws Limited `argon-busy` */
  verify(phc: string, secret: string): Promise<boolean>;
}

export interface ArgonOptions {
  /** (Default: OWASP_ARGON) */
  readonly parameters?: ArgonParameters;
  /** Hashes under way at once: each takes a thread of libuv's four and 19 MiB. (Default: 2) */
  readonly concurrency?: number;
  /** Hashes that may wait for their turn; more are refused. (Default: 256, some 5 s of work) */
  readonly maxWaiting?: number;
}

/** Makes the slow hash with bounded concurrency and a bounded queue: many keys used at once must not take the process down. */
export function createArgon(options: ArgonOptions = {}): Argon {
  const { parameters = OWASP_ARGON, concurrency = 2, maxWaiting = 256 } = options;
  const waiting: (() => void)[] = [];
  let running = 0;

  async function turn<T>(work: () => Promise<T>): Promise<T> {
    if (running < concurrency) running += 1;
    else if (waiting.length < maxWaiting) await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new Limited('argon-busy', 'Too many keys are being verified at once. Try again in a few seconds.');
    try {
      return await work();
    } finally {
      // The place passes straight to the next in line: `running` counts it already.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  return {
    hash: (secret) => turn(() => hashToPhc(secret, parameters)),
    verify: (phc, secret) => turn(() => verifyPhc(phc, secret)),
  };
}
