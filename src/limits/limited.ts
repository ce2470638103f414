import { Limited } from '../errors/appError.ts';
import { formatDuration } from '../events/duration.ts';
import type { Counted, Limit } from '../events/readLimit.ts';

/** Whose limit it is, in a sentence. */
export type LimitHolder = { readonly key: true } | { readonly server: string } | { readonly address: true };

/** `failures`: requests of an address that were refused for their credential. */
type LimitedRate = Omit<Limit, 'counts'> & { readonly counts: Counted | 'failures'; readonly windowMs: number };

/**
 * Makes the refusal of a call beyond a limit by time.
 * @param waitMs until it may be repeated; Infinity: it alone is more than the limit
 */
export function rateLimited(limit: LimitedRate, holder: LimitHolder, waitMs: number): Limited {
  const { count, windowMs, text } = limit;
  const whose = 'key' in holder ? 'this key' : 'server' in holder ? `the server "${holder.server}"` : 'this address';
  const what = `${amount(count, limit.counts)} per ${periodOf(windowMs)} of ${whose}`;
  if (waitMs === Infinity) {
    return new Limited(
      'rate-limited',
      `The batch alone is more than the limit of ${what}: send fewer requests at once.`,
      {
        data: { limit: text },
      },
    );
  }
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new Limited(
    'rate-limited',
    `The limit of ${what} is reached: try again in ${formatDuration(retryAfterSeconds * 1_000)}.`,
    {
      data: {
        limit: text,
        retryAfterSeconds,
        policy: { name: limit.counts, quota: count, windowSeconds: Math.ceil(windowMs / 1_000) },
      },
    },
  );
}

/** Makes the refusal of a call beyond what a key may have at once. */
export function tooManyAtOnce(
  { counts, count, text }: Limit,
  holder: { readonly key: true } | { readonly server: string },
): Limited {
  const whose = 'key' in holder ? 'This key' : `The server "${holder.server}"`;
  const [code, what, state] =
    counts === 'streams'
      ? (['too-many-streams', 'streams', 'open'] as const)
      : (['too-many-calls', 'calls', 'under way'] as const);
  return new Limited(
    code,
    `${whose} has ${amount(count, what)} ${state}, as many as its limit allows: wait until one has ended.`,
    {
      data: { limit: text },
    },
  );
}

/** One of them, and several. */
const WORDS = {
  failures: ['refused credential', 'refused credentials'],
  requests: ['request', 'requests'],
  bytes: ['byte', 'bytes'],
  calls: ['call', 'calls'],
  streams: ['stream', 'streams'],
  tool: ['call of these tools', 'calls of these tools'],
} as const;

function amount(count: number, what: keyof typeof WORDS): string {
  return `${String(count)} ${WORDS[what][count === 1 ? 0 : 1]}`;
}

function periodOf(ms: number): string {
  const text = formatDuration(ms);
  return { '1s': 'second', '1m': 'minute', '1h': 'hour', '1d': 'day' }[text] ?? text;
}
