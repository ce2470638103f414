import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto';
import { promisify } from 'node:util';

/** The cost of an Argon2id hash. */
export interface ArgonParameters {
  readonly memoryKib: number;
  /** Passes over the memory. */
  readonly passes: number;
  readonly lanes: number;
}

/** In bytes (RFC 9106, 4). */
const SALT_BYTES = 16;
const TAG_BYTES = 32;

const derive: (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer> = promisify(argon2);

/** Hashes a secret with Argon2id (RFC 9106) to a PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
export async function hashToPhc(secret: string, { memoryKib, passes, lanes }: ArgonParameters): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive('argon2id', {
    message: secret,
    nonce: salt,
    memory: memoryKib,
    passes,
    parallelism: lanes,
    tagLength: TAG_BYTES,
  });
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Checks whether a secret is the one of a PHC string, at the costs that stand in it. @throws Error when it is none of Argon2id */
export async function verifyPhc(phc: string, secret: string): Promise<boolean> {
  const [, costs = '', salt = '', tag = ''] = PHC.exec(phc) ?? [];
  // Their order differs between the programs that write them.
  const cost = Object.fromEntries(costs.split(',').map((pair) => pair.split('='))) as Record<
    string,
    string | undefined
  >;
  const expected = Buffer.from(tag, 'base64');
  if (expected.length === 0) throw new Error('A stored hash is not one of Argon2id.');
  const actual = await derive('argon2id', {
    message: secret,
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(cost['m']),
    passes: Number(cost['t']),
    parallelism: Number(cost['p']),
    tagLength: expected.length,
  });
  return timingSafeEqual(actual, expected);
}

const PHC = /^\$argon2id\$v=19\$((?:[mtp]=\d+,?){3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
