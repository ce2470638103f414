import { systemClock } from '../../../src/clock.ts';
import { sql } from '../../../src/postgres/sql.ts';
import type { Check, Finding } from '../check.ts';

/** A `Date` field has whole seconds, and an answer takes its time. */
const TOLERATED_MS = 5_000;
/** Tokens live 15 minutes, and leases seconds. */
const WRONG_MS = 60_000;

/** This machine, the database and the gateway have the same time: expiry, tokens and leases depend on it. */
export const clocks: Check = async ({ needDatabase, gateway }) => {
  const live = await gateway;
  const findings: Finding[] = live?.aheadMs === undefined ? [] : [compared('the gateway', live.aheadMs)];
  const db = await needDatabase().catch(() => undefined);
  if (db !== undefined) {
    const before = systemClock();
    const [row] = await db.query<{ ms: string | null }>(
      sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms`,
    );
    findings.push(compared('the database', Number(row?.ms) - (before + systemClock()) / 2));
  }
  return findings.length > 0
    ? findings
    : [{ state: 'unknown', detail: 'Neither the gateway nor the database answers.' }];
};

function compared(whose: string, aheadMs: number): Finding {
  const ms = Math.abs(aheadMs);
  const difference = `That of ${whose} is ${(ms / 1_000).toFixed(0)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s.`;
  if (ms <= TOLERATED_MS) return { state: 'ok', detail: `That of ${whose} agrees with this machine’s` };
  const state = ms > WRONG_MS ? 'problem' : 'warning';
  return { state, detail: difference, remedy: 'Keep all machines by NTP: timedatectl set-ntp true' };
}
