import { STATUS_TITLES, type ProblemStatus } from './problem.ts';
import type { Route } from './route.ts';

/** What may become of any request, whatever it asks for: its head, its body, its sender, and the gateway are looked at first. */
const OF_ALL: readonly ProblemStatus[] = [400, 403, 413, 415, 429, 431, 500, 503];

const MEANINGS: Readonly<Record<ProblemStatus, string>> = {
  400: 'The request is not valid: `detail` names the place, `data.faults` the first 20 of them.',
  401: 'The credential is missing, wrong or expired.',
  403: 'The key lacks the scope or the grants, or the Host or Origin is not allowed.',
  404: 'There is none that this key may use.',
  405: 'The resource does not take that method.',
  406: 'The Accept header takes no media type that the answer has.',
  409: 'Others changed the same at once, again and again: try again.',
  412: 'It was changed since the revision of If-Match: read it again.',
  413: 'The body is too large, or holds too many values.',
  415: 'The body is not JSON in UTF-8, or is compressed.',
  422: 'The request is valid, and is refused as things are.',
  429: 'A limit is used up: Retry-After tells when to try again.',
  431: 'The request has too many headers.',
  500: 'A bug of the gateway: its log has the details under `request_id`.',
  502: 'The MCP server can’t be reached, or answered wrongly.',
  503: 'The gateway, a part of it or the MCP server can’t serve now.',
  504: 'The MCP server did not answer in its time.',
  508: 'The request has come through this gateway before.',
};

/** A code that each status is answered with, for its example. */
const CODES: Readonly<Record<ProblemStatus, readonly [code: string, detail: string]>> = {
  400: ['request-invalid', 'name: must be a string'],
  401: ['invalid-credential', 'The credential is not valid.'],
  403: ['insufficient-scope', 'The key lacks the scope servers:write.'],
  404: ['server-not-found', 'There is no such server that this key may use.'],
  405: ['method-not-allowed', 'This resource does not take that method.'],
  406: ['not-acceptable', 'The answer is application/json, and the Accept header does not take it.'],
  409: ['server-exists', 'A server with this name exists already: update it, or choose another name.'],
  412: ['revision-mismatch', 'It was changed since you read it. Read it again and repeat the change.'],
  413: ['body-too-large', 'The body is larger than 1048576 bytes.'],
  415: ['content-type-unsupported', 'The body must be JSON, with Content-Type: application/json.'],
  422: ['tool-withheld', 'The tool waits for its approval.'],
  429: ['rate-limited', 'The key may make 100 requests in a minute.'],
  431: ['headers-too-large', 'The request has more than 200 headers.'],
  500: ['internal-error', 'Something went wrong inside the gateway. Its log has the details under the request id.'],
  502: ['upstream-unreachable', 'The server calculator can’t be reached.'],
  503: ['database-unavailable', 'PostgreSQL can’t be reached.'],
  504: ['upstream-timeout', 'The server calculator did not answer within 30 s.'],
  508: ['loop-detected', 'The request has come through this gateway before.'],
};

/** The headers of problems, by status, as names of `components.headers`. */
const HEADERS: Readonly<Partial<Record<ProblemStatus, Readonly<Record<string, string>>>>> = {
  401: { 'WWW-Authenticate': 'Challenge' },
  403: { 'WWW-Authenticate': 'ScopeChallenge' },
  415: { 'Accept-Encoding': 'AcceptEncoding' },
  429: { 'Retry-After': 'RetryAfter', RateLimit: 'RateLimit', 'RateLimit-Policy': 'RateLimitPolicy' },
  503: { 'Retry-After': 'RetryAfter' },
};

// A method that a resource does not take is no operation.
const STATUSES = (Object.keys(STATUS_TITLES).map(Number) as ProblemStatus[]).filter((status) => status !== 405);

/** Lists the statuses of the problems that a route may answer: those of its kind, and those that it names itself. */
export function problemStatusesOf({ access, path, fails = [] }: Route): ProblemStatus[] {
  const statuses = new Set([...OF_ALL, ...fails]);
  if (access !== 'public') statuses.add(401);
  if (path.includes(':')) statuses.add(404);
  return [...statuses].sort((one, other) => one - other);
}

/** Makes the references to the responses of an operation's problems. */
export function problemReferences(statuses: readonly ProblemStatus[]): Record<string, object> {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }] as const),
  );
}

/** Makes a response for each status that a problem may have. */
export function problemResponses(): Record<string, object> {
  return Object.fromEntries(STATUSES.map((status) => [nameOf(status), responseOf(status)] as const));
}

function responseOf(status: ProblemStatus): object {
  const [code, detail] = CODES[status];
  const headers = { 'X-Request-Id': 'RequestId', ...HEADERS[status] };
  return {
    description: MEANINGS[status],
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, component]) => [name, { $ref: `#/components/headers/${component}` }]),
    ),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        example: {
          type: 'about:blank',
          title: STATUS_TITLES[status],
          status,
          detail,
          error: detail,
          code,
          timestamp: '2026-11-29T12:00:00.000Z',
          request_id: '0197a1b2-0000-7000-8000-000000000001',
        },
      },
    },
  };
}

function nameOf(status: ProblemStatus): string {
  return STATUS_TITLES[status].replaceAll(' ', '');
}
