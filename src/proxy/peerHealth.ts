import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

/** How long a replica may take to answer whether it is there, in milliseconds. */
const PROBE_MS = 3_000;

/** How old the last answer may be, in milliseconds, so that a thousand silent streams make no thousand questions. */
const FRESH_MS = 2_000;

/** What answers at once as long as the process does anything at all. */
const LIVENESS_PATH = '/health/live';

/** Processes that are remembered: the few of an installation, and those before them. */
const MAX_KNOWN = 1_000;

interface Known {
  isGone: boolean;
  /** When it was found out. */
  at: number;
  probing: Promise<boolean> | undefined;
}

/** Where a session lives elsewhere. */
export interface PeerAddress {
  /** Another process at the same address knows nothing of its sessions. */
  readonly process: string;
  readonly url: string;
  /** Where it is a worker of this machine. */
  readonly socketPath?: string | undefined;
}

/** Which replicas answer. One that was found gone is asked in the background from then on, so that no client waits for it again. */
export class PeerHealth {
  readonly #clock: Clock;
  readonly #byProcess = new LRUCache<string, Known>({ max: MAX_KNOWN });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it did not answer when it was asked last. */
  isGone(peer: PeerAddress): boolean {
    const known = this.#byProcess.get(peer.process);
    if (known?.isGone !== true) return false;
    if (this.#clock() - known.at >= FRESH_MS) void this.isAlive(peer);
    return true;
  }

  note(peer: PeerAddress, isGone: boolean): void {
    const known = this.#of(peer);
    known.isGone = isGone;
    known.at = this.#clock();
  }

  /** Asks whether it is there. Any answer means so. */
  isAlive(peer: PeerAddress): Promise<boolean> {
    const known = this.#of(peer);
    if (!known.isGone && this.#clock() - known.at < FRESH_MS) return Promise.resolve(true);
    known.probing ??= probe(peer).then((isAlive) => {
      this.note(peer, !isAlive);
      known.probing = undefined;
      return isAlive;
    });
    return known.probing;
  }

  #of({ process }: PeerAddress): Known {
    let known = this.#byProcess.get(process);
    if (known === undefined)
      this.#byProcess.set(process, (known = { isGone: false, at: -Infinity, probing: undefined }));
    return known;
  }
}

function probe({ url, socketPath }: PeerAddress): Promise<boolean> {
  const target = new URL(LIVENESS_PATH, url);
  const get = target.protocol === 'https:' ? getHttps : getHttp;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asked = get(target, { agent: false, socketPath, signal: AbortSignal.timeout(PROBE_MS) }, (answer) => {
    resolve(true);
    answer.destroy();
  });
  asked.once('error', () => resolve(false));
  return promise;
}
