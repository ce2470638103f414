import type { AppError } from '../errors/appError.ts';

/** The data of a refusal by a limit by time, of which answers make their fields. */
interface Policy {
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
}

/** Makes the fields of an answer that refuses for a limit (draft-ietf-httpapi-ratelimit-headers-11): name, value, name, value…. */
export function limitFields({ data: { policy, retryAfterSeconds } }: AppError): string[] {
  if (!isPolicy(policy) || typeof retryAfterSeconds !== 'number') return [];
  const { name, quota, windowSeconds } = policy;
  return [
    'RateLimit-Policy',
    `"${name}";q=${String(quota)};w=${String(windowSeconds)}`,
    'RateLimit',
    `"${name}";r=0;t=${String(retryAfterSeconds)}`,
  ];
}

/** For `Retry-After`, in seconds (RFC 9110, 10.2.3). */
export function retryAfter({ data: { retryAfterSeconds: seconds } }: AppError): string {
  return typeof seconds === 'number' ? String(seconds) : '1';
}

function isPolicy(policy: unknown): policy is Policy {
  return typeof policy === 'object' && policy !== null && 'quota' in policy;
}
