import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The header by which gateways know requests that another one of their installation has passed on. */
export const MARK = 'metamcp-forwarded';

/** What only gateways of one installation can write. */
export interface ForwardingMark {
  readonly value: string;
  /** Tells whether a request bears it. */
  isOn(req: IncomingMessage): boolean;
}

/** Makes the mark. @param sessionKey 32 bytes, the same on every gateway */
export function createForwardingMark(sessionKey: Buffer): ForwardingMark {
  const mark = createHmac('sha256', sessionKey).update('metamcp forwarded request').digest();
  return {
    value: mark.toString('base64url'),
    isOn({ headers }) {
      const shown = headers[MARK];
      if (typeof shown !== 'string') return false;
      const bytes = Buffer.from(shown, 'base64url');
      return bytes.length === mark.length && timingSafeEqual(bytes, mark);
    },
  };
}
