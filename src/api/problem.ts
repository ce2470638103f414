import { z } from 'zod';
import { CLI_HERE, withCliName } from '../cliName.ts';
import { isoTime } from '../clock.ts';
import { AppError, type ErrorKind } from '../errors/appError.ts';
import { limitFields, retryAfter } from '../limits/limitFields.ts';

/** The one table that maps kinds of errors to HTTP (RFC 9110, 15). */
const STATUS: Readonly<Record<ErrorKind, ProblemStatus>> = {
  refused: 422,
  'not-found': 404,
  invalid: 400,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  limited: 429,
  unavailable: 503,
};

/** Codes with a status of their own. */
const STATUS_OF_CODE: Readonly<Record<string, ProblemStatus>> = {
  'body-too-large': 413,
  'headers-too-large': 431,
  'json-too-costly': 413,
  'content-type-unsupported': 415,
  'content-encoding-unsupported': 415,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  'revision-mismatch': 412,
  'loop-detected': 508,
  'upstream-timeout': 504,
  'server-exists': 409,
  'host-not-allowed': 403,
  'origin-not-allowed': 403,
};

/** An error's document: that of RFC 9457, and besides `error`, `timestamp` and a stable `code`. */
export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The status in words.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What went wrong, and what to do.' }),
    error: z.string().meta({ description: 'The same sentence as `detail`.' }),
    code: z.string().meta({ description: 'Stable, in kebab-case: what programs decide on.' }),
    timestamp: z.iso.datetime(),
    request_id: z.string(),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;

export interface ProblemAnswer {
  readonly status: ProblemStatus;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
}

/** The statuses of problems, in words (RFC 9110, 15). */
export const STATUS_TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  508: 'Loop Detected',
} as const satisfies Readonly<Record<number, string>>;

export type ProblemStatus = keyof typeof STATUS_TITLES;

function statusOf({ code, kind }: AppError): ProblemStatus {
  // A fault of an MCP server is a bad gateway (RFC 9110, 15.6.3).
  return STATUS_OF_CODE[code] ?? (code.startsWith('upstream-') ? 502 : STATUS[kind]);
}

/** Names the scope that is missing (RFC 6750, 3.1). */
function scopeChallenge({ data }: AppError): string {
  return `Bearer error="insufficient_scope", scope="${String(data['scope'])}"`;
}

function limitHeaders(error: AppError): Record<string, string> {
  const [, policy, , limit] = limitFields(error);
  return policy === undefined || limit === undefined ? {} : { 'ratelimit-policy': policy, ratelimit: limit };
}

/** Turns an error into its answer. What is not an AppError is a bug: it is answered with the request's id alone. */
export function toProblem(error: unknown, requestId: string, now: number): ProblemAnswer {
  const known = error instanceof AppError ? error : undefined;
  const status = known === undefined ? 500 : statusOf(known);
  const sentence =
    known === undefined
      ? 'Something went wrong inside the gateway. Its log has the details under the request id.'
      : withCliName(known.message, CLI_HERE);
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      // Without `resource_metadata`, which would start a client's OAuth login (RFC 6750, 3).
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(known?.code === 'insufficient-scope' ? { 'www-authenticate': scopeChallenge(known) } : {}),
      // RFC 9110, 15.5.16.
      ...(known?.code === 'content-encoding-unsupported' ? { 'accept-encoding': 'identity' } : {}),
      ...(status === 429 || status === 503 ? { 'retry-after': known === undefined ? '1' : retryAfter(known) } : {}),
      ...(known === undefined ? {} : limitHeaders(known)),
    },
    body: {
      type: 'about:blank',
      title: STATUS_TITLES[status],
      status,
      detail: sentence,
      error: sentence,
      code: known?.code ?? 'internal-error',
      timestamp: isoTime(now),
      request_id: requestId,
      ...(known !== undefined && Object.keys(known.data).length > 0 ? { data: { ...known.data } } : {}),
    },
  };
}
