import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { createForwardToPeer, type ForwardToPeer } from './forwardToPeer.ts';
import { createForwardingMark } from './forwardingMark.ts';
import { PeerHealth, type PeerAddress } from './peerHealth.ts';

/**
 * Where a session lives: in this process, in one that may be asked, or in one that has ended, or that can't be asked from here.
 */
export type SessionHome = 'here' | 'gone' | PeerAddress;

/**
 * The replicas of this installation, as far as sessions that live on one of them need them. The address stands in the sealed
 * session id, so no request can name one.
 */
export interface Peers {
  /** What the ids of sessions that begin here say of where they live. It has no meaning but to `find`. */
  readonly here: string;
  /** Finds where a session lives, of what its id says. */
  find(home: string, req: IncomingMessage): SessionHome;
  readonly forward: ForwardToPeer;
}

export interface PeersOptions {
  /** Where other replicas reach this one. Undefined: they don't. */
  readonly url: string | undefined;
  /** 32 bytes, the same on every replica. */
  readonly sessionKey: Buffer;
  readonly clock: Clock;
  /** See ProxyLimits. */
  readonly silentMs: number;
}

/** Makes the peers of a gateway. docs/adr/0024. */
export function createPeers({ url: own, sessionKey, clock, silentMs }: PeersOptions): Peers {
  const mark = createForwardingMark(sessionKey);
  const health = new PeerHealth(clock);
  /** Another process at the same address has none of the sessions of the one before. */
  const thisProcess = randomUUID();

  return {
    here: own === undefined ? thisProcess : `${thisProcess} ${own}`,
    find(home, req) {
      const [process = '', url] = home.split(' ');
      if (process === thisProcess) return 'here';
      if (url === undefined || own === undefined || url === own || mark.isOn(req) || health.isGone({ process, url }))
        return 'gone';
      return { process, url };
    },
    forward: createForwardToPeer({ mark: mark.value, health, silentMs }),
  };
}
