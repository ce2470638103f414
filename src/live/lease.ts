import type { Clock } from '../clock.ts';

/**
 * How long one answered heartbeat lets a gateway trust its memory, in ms from when it was sent: a session that the server
 * has ended, and of whose end the gateway has heard nothing, is trusted no longer than this.
 */
export const LEASE_MS = 4_000;

/**
 * How long after a database session's end was seen on the server its replica trusts it no longer, in ms. The margin is for what a gateway does
 * when a lease has run out: it ends what is open.
 */
export const LEASE_OVER_MS = LEASE_MS + 500;

/** A moment by two clocks of this process, in ms. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

/** What lets a process trust its memory for a while. */
export interface Lease {
  readonly held: boolean;
  now(): Moment;
  /** Makes it last until LEASE_MS after a heartbeat was sent, which the server has answered since. */
  renew(sentAt: Moment): void;
}

export interface LeaseClocks {
  /** Does not jump, but stands still while the machine sleeps. */
  readonly steady: Clock;
  /** Goes on while the machine sleeps, but may be set. */
  readonly wall: Clock;
}

/** Makes a lease that is not granted yet. It is over as soon as either clock says so. */
export function createLease({ steady, wall }: LeaseClocks): Lease {
  let granted: Moment | undefined;
  return {
    get held() {
      return granted !== undefined && steady() - granted.steady < LEASE_MS && wall() - granted.wall < LEASE_MS;
    },
    now: () => ({ steady: steady(), wall: wall() }),
    renew(sentAt) {
      granted = sentAt;
    },
  };
}
