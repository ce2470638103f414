import { describe, expect, test } from 'vitest';
import { createLease, LEASE_MS, LEASE_OVER_MS } from '../../src/live/lease.ts';

function leaseAt(now: { steady: number; wall: number }) {
  return createLease({ steady: () => now.steady, wall: () => now.wall });
}

describe('a lease [auth-revocation-lease]', () => {
  test('lasts from when the heartbeat was sent, not from when it was answered', () => {
    const now = { steady: 0, wall: 1_000_000 };
    const lease = leaseAt(now);
    expect(lease.held).toBe(false);
    const sentAt = lease.now();
    now.steady += LEASE_MS - 1;
    lease.renew(sentAt);
    expect(lease.held).toBe(true);
    now.steady += 1;
    expect(lease.held).toBe(false);
  });

  test('is over when the machine has slept, and when its clock is set back', () => {
    const asleep = { steady: 0, wall: 0 };
    const slept = leaseAt(asleep);
    slept.renew(slept.now());
    asleep.wall += LEASE_MS;
    expect(slept.held).toBe(false);
    const setBack = { steady: 0, wall: 0 };
    const lease = leaseAt(setBack);
    lease.renew(lease.now());
    setBack.wall -= 3_600_000;
    setBack.steady += LEASE_MS;
    expect(lease.held).toBe(false);
  });

  test('is over before any command counts on that', () => {
    expect(LEASE_OVER_MS).toBeGreaterThan(LEASE_MS);
  });
});
