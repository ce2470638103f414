import { createHmac } from 'node:crypto';
import { Invalid, Refused } from '../errors/appError.ts';

/** The most entries of a path: more gateways in a row are a mistake. */
const MAX_ENTRIES = 16;
const MAX_LENGTH = 1_024;

/**
 * The path that a request took, by which a server that leads back to this gateway is found out: each pass would otherwise
 * open another one, without end (RFC 9110, 7.6.3).
 */
export interface Via {
  /** @throws Refused `loop-detected` when the request has been here already; Invalid `via-too-long` */
  check(via: string | undefined): void;
  /** Makes the header of the request that goes on to a server. */
  onward(via: string | undefined): string;
}

/** @param secret the same on every replica, so that each of them knows what has passed another */
export function createVia(secret: Buffer): Via {
  // Unguessable, so that no client can have another one's requests refused; and it does not show where the gateway is.
  const pseudonym = `metamcp-${createHmac('sha256', secret).update('via').digest('hex').slice(0, 16)}`;
  const own = `1.1 ${pseudonym}`;
  return {
    check(via) {
      if (via === undefined) return;
      if (via.includes(pseudonym)) {
        throw new Refused(
          'loop-detected',
          'The request has passed this gateway already: a server’s URL leads back to it.',
        );
      }
      if (via.length > MAX_LENGTH || via.split(',').length > MAX_ENTRIES) {
        throw new Invalid('via-too-long', `The request has passed more than ${String(MAX_ENTRIES)} gateways.`);
      }
    },
    onward: (via) => (via === undefined ? own : `${via}, ${own}`),
  };
}
