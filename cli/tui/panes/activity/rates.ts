import type { ActivityEvent } from '../../../gateway/activityFeed.ts';

/** How far back calls are counted for the status line, in seconds. */
const CALLS_S = 10;
const FAILURES_S = 60;

/** Calls that have ended in a second. */
interface Second {
  /** Since the epoch. */
  readonly at: number;
  readonly calls: number;
  readonly failed: number;
}

/** The seconds of the last minute that had calls, the newest last. */
export type Rates = readonly Second[];

export const NO_RATES: Rates = [];

/** Counts the calls among events. */
export function takeRates(before: Rates, news: readonly ActivityEvent[]): Rates {
  const seconds = new Map(before.map((second) => [second.at, second]));
  for (const event of news) {
    if (event.type !== 'mcp_tool_executed' && event.type !== 'mcp_message') continue;
    const at = Math.floor(Date.parse(event.at) / 1_000);
    const { calls, failed } = seconds.get(at) ?? { calls: 0, failed: 0 };
    seconds.set(at, { at, calls: calls + 1, failed: failed + (event.data.error === undefined ? 0 : 1) });
  }
  const newest = Math.max(0, ...seconds.keys());
  return [...seconds.values()].filter(({ at }) => at > newest - FAILURES_S).sort((a, b) => a.at - b.at);
}

/** Writes how much the gateway has to do, and how often it fails. */
export function ratesText(rates: Rates, nowMs: number): string {
  const now = Math.floor(nowMs / 1_000);
  const sum = (seconds: number, of: (second: Second) => number) =>
    rates.filter(({ at }) => at > now - seconds).reduce((total, second) => total + of(second), 0);
  const perSecond = sum(CALLS_S, ({ calls }) => calls) / CALLS_S;
  const failures = sum(FAILURES_S, ({ failed }) => failed);
  const shown = perSecond >= 10 ? Math.round(perSecond).toLocaleString('en') : perSecond.toFixed(1);
  return `${shown} calls/s, ${failures.toLocaleString('en')} ${failures === 1 ? 'failure' : 'failures'}/min`;
}
