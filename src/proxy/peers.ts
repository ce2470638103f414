import { hash, randomUUID } from 'node:crypto';
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
  /**
   * Finds the one worker of this machine that has what is shared under a name, so that it is there once. The same for each of them, and another
   * one only when that has ended.
   */
  ownerOf(shared: string, req: IncomingMessage): SessionHome;
  readonly forward: ForwardToPeer;
}

/** Of several workers on one machine, which one this is. */
export interface LocalPeers {
  readonly id: string;
  /** All workers of one supervisor have the same. */
  readonly group: string;
  /** Those that serve now. */
  readonly serving: () => readonly { readonly number: number; readonly id: string }[];
  /** The socket of the worker with this id. */
  readonly doorOf: (id: string) => string;
}

export interface PeersOptions {
  /** Where other replicas reach this one. Undefined: they don't. */
  readonly url: string | undefined;
  /** Undefined: this process listens by itself. */
  readonly local?: LocalPeers | undefined;
  /** 32 bytes, the same on every replica. */
  readonly sessionKey: Buffer;
  readonly clock: Clock;
  /** See ProxyLimits. */
  readonly silentMs: number;
}

/** A worker is reached by its socket: the name says nothing. */
const WORKER_URL = 'http://localhost';

/** What comes by the socket of a worker has no address, and goes no further. What another machine has passed on may go one step. */
function cameFromWorker({ socket }: IncomingMessage): boolean {
  return socket.remoteAddress === undefined;
}

/** Makes the peers of a gateway. docs/adr/0024. */
export function createPeers({ url: own, local, sessionKey, clock, silentMs }: PeersOptions): Peers {
  const mark = createForwardingMark(sessionKey);
  const health = new PeerHealth(clock);
  /** Another process at the same address has none of the sessions of the one before. */
  const thisProcess = local?.id ?? randomUUID();

  const workerOf = (id: string, { doorOf }: LocalPeers, req: IncomingMessage): SessionHome => {
    const worker = { process: id, url: WORKER_URL, socketPath: doorOf(id) };
    return cameFromWorker(req) || health.isGone(worker) ? 'gone' : worker;
  };

  return {
    ownerOf(shared, req) {
      // Rendezvous hashing: what a worker has that stays, stays with it while others come and go.
      let owner: { readonly id: string; readonly rank: string } | undefined;
      for (const { number, id } of local?.serving() ?? []) {
        const rank = hash('sha256', `${number} ${shared}`);
        if (owner === undefined || rank > owner.rank) owner = { id, rank };
      }
      return local === undefined || owner === undefined || owner.id === thisProcess
        ? 'here'
        : workerOf(owner.id, local, req);
    },
    here: [thisProcess, own ?? '', local?.group ?? ''].join(' ').trimEnd(),
    find(home, req) {
      const [process = '', url = '', group] = home.split(' ');
      if (process === thisProcess) return 'here';
      if (local !== undefined && group === local.group) return workerOf(process, local, req);
      if (url === '' || own === undefined || url === own || mark.isOn(req) || health.isGone({ process, url }))
        return 'gone';
      return { process, url };
    },
    forward: createForwardToPeer({ mark: mark.value, health, silentMs }),
  };
}
