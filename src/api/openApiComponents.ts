import { AUDIT_TYPES } from './auditFilter.ts';
import { problemResponses } from './problemResponses.ts';

// What the `@openapi` blocks and the responses of problems refer to, but schemas.

/** What the operations of each tag are about. */
export const TAGS: Readonly<Record<string, string>> = {
  auth: 'Tokens that live for 15 minutes, for a key that lives for long.',
  servers: 'The MCP servers behind the gateway: their settings, tools, programs, credentials and health.',
  keys: 'The keys of clients, their roles, and what happened to them. They are made and changed with the CLI only.',
  audit: 'Every change of keys, roles and servers: who made it, and when.',
  usage: 'How much was called by whom, and how it ended.',
  events: 'What happens now: calls, changes and health, as it comes.',
  health: 'How the gateway is, and what it logs.',
};

export const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token of /api/v1/auth/token, or an API key itself.',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
};

export const PARAMETERS = {
  limit: {
    name: 'limit',
    in: 'query',
    description: 'How many items a page has at most.',
    schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
  },
  cursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `next_cursor` of the page before.',
    schema: { type: 'string' },
  },
  server: {
    name: 'server',
    in: 'path',
    required: true,
    description: 'Its name or id.',
    schema: { type: 'string' },
    example: 'calculator',
  },
  tool: {
    name: 'tool',
    in: 'path',
    required: true,
    description: 'Its name, as the server has it.',
    schema: { type: 'string' },
    example: 'add',
  },
  roleName: {
    name: 'name',
    in: 'path',
    required: true,
    description: 'The name of a role.',
    schema: { type: 'string', maxLength: 32 },
    example: 'engineering',
  },
  keyId: {
    name: 'id',
    in: 'path',
    required: true,
    description: 'The id of a key.',
    schema: { type: 'string', format: 'uuid' },
    example: '0197a1b2-0000-7000-8000-000000000001',
  },
  tag: {
    name: 'tag',
    in: 'query',
    description: 'Only keys with this tag, as team=search; repeatable: with all of them.',
    schema: { type: 'array', items: { type: 'string' } },
  },
  owner: {
    name: 'owner',
    in: 'query',
    description: 'Only keys of this owner.',
    schema: { type: 'string', maxLength: 256 },
  },
  auditType: {
    name: 'type',
    in: 'query',
    description: 'Only events of this type; repeatable.',
    schema: { type: 'array', items: { type: 'string', enum: AUDIT_TYPES } },
  },
  since: {
    name: 'since',
    in: 'query',
    description: 'Only what happened at this time or later, RFC 3339 with a zone.',
    schema: { type: 'string', format: 'date-time' },
  },
  until: {
    name: 'until',
    in: 'query',
    description: 'Only what happened before this time, RFC 3339 with a zone.',
    schema: { type: 'string', format: 'date-time' },
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The `ETag` of what you read: the change is made only if nothing has changed since.',
    schema: { type: 'string' },
  },
};

const header = (description: string, type = 'string') => ({ description, schema: { type } });

export const HEADERS = {
  ETag: header('The revision: give it as If-Match.'),
  Location: header('The path of what was made or changed.'),
  Unconfirmed: header('Replicas that did not confirm the change within 2 s, percent-encoded; absent when all did.'),
  Pending: header('Why lists do not show the change yet, percent-encoded; absent when they do.'),
  RequestId: header(
    'The id of the request, as the gateway’s log has it: your X-Request-Id where it is fit, else a new one.',
  ),
  RetryAfter: header('When to try again, in seconds (RFC 9110, 10.2.3).', 'integer'),
  RateLimit: header('What is left of the limit, and when there is more; absent for limits that are not by time.'),
  RateLimitPolicy: header('The limit that is used up; absent for limits that are not by time.'),
  Challenge: header('`Bearer` (RFC 6750, 3).'),
  ScopeChallenge: header('Names the scope that is missing (RFC 6750, 3.1); absent for other reasons.'),
  AcceptEncoding: header('`identity`, when the body was compressed (RFC 9110, 15.5.16).'),
};

const json = (schema: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } });
const headers = (names: Readonly<Record<string, keyof typeof HEADERS>>) =>
  Object.fromEntries(
    Object.entries(names).map(([name, component]) => [name, { $ref: `#/components/headers/${component}` }]),
  );

const CHANGE = { 'Metamcp-Unconfirmed': 'Unconfirmed', 'Metamcp-Pending': 'Pending' } as const;
const server = (extra: Readonly<Record<string, keyof typeof HEADERS>>) => ({
  description: 'The server',
  headers: headers({ ETag: 'ETag', ...extra }),
  content: json('Server'),
});

/** @returns a new object: examples are added to it */
export const responses = () => ({
  ...problemResponses(),
  Feed: {
    description: 'Events, until one side ends the answer; the schema is that of one line',
    content: {
      'application/x-ndjson': {
        schema: { $ref: '#/components/schemas/FeedEvent' },
        example: {
          id: '1-1',
          at: '2026-11-29T12:00:00.000Z',
          type: 'mcp_server_started',
          server: 'calculator',
          data: { reason: 'answered' },
        },
      },
      'text/event-stream': { schema: { type: 'string' }, example: ': a comment\n\n' },
    },
  },
  Health: { description: 'How the parts are', content: json('Health') },
  Server: server({}),
  ChangedServer: server({ Location: 'Location', ...CHANGE }),
  Removed: { description: 'Removed', headers: headers(CHANGE) },
});
