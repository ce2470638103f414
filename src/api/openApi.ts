import { fileURLToPath } from 'node:url';
import swaggerJsdoc from 'swagger-jsdoc';
import { z } from 'zod';
import { allToolsSchema } from './allTools.ts';
import { approvalSchema, approvedToolsSchema, unapprovedToolsSchema } from './approvals.ts';
import { auditEventPageSchema, auditEventSchema } from './audit.ts';
import { AUDIT_TYPES } from './auditFilter.ts';
import { feedEventSchema } from '../feed/feedEvent.ts';
import { credentialSchema, credentialsSchema, newCredentialSchema } from './credentials.ts';
import { keyEventSchema, keyHistoryPageSchema, keyPageSchema, keySchema } from './keys.ts';
import { healthSchema } from './health.ts';
import { problemSchema } from './problem.ts';
import { newServerSchema, serverSchema, serverUpdateSchema } from './serverRepresentation.ts';
import { callLineSchema } from './callLines.ts';
import { serverPageSchema } from './servers.ts';
import { serverHealthSchema } from './serverHealth.ts';
import { logLevelSchema } from './logLevel.ts';
import { serverLogSchema, serverProcessesSchema } from './serverProcesses.ts';
import { toolCallSchema, toolListSchema, toolResultSchema } from './serverTools.ts';
import { leakReportSchema, leakReportTakenSchema } from './leaked.ts';
import { tokenRequestSchema, tokenSchema } from './token.ts';
import { usageRowSchema, usageSchema } from './usage.ts';

/** Schemas of requests describe what callers may write (defaults are optional), those of answers what they get. */
const INPUT = [
  approvalSchema,
  newCredentialSchema,
  newServerSchema,
  serverUpdateSchema,
  tokenRequestSchema,
  leakReportSchema,
  leakReportTakenSchema,
  toolCallSchema,
];
const OUTPUT = [
  approvedToolsSchema,
  credentialSchema,
  credentialsSchema,
  unapprovedToolsSchema,
  auditEventPageSchema,
  auditEventSchema,
  feedEventSchema,
  healthSchema,
  keyEventSchema,
  keyHistoryPageSchema,
  keyPageSchema,
  keySchema,
  problemSchema,
  serverPageSchema,
  serverSchema,
  tokenSchema,
  serverHealthSchema,
  serverLogSchema,
  logLevelSchema,
  serverProcessesSchema,
  allToolsSchema,
  callLineSchema,
  toolListSchema,
  toolResultSchema,
  usageRowSchema,
  usageSchema,
];

const json = (schema: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } });
const header = (description: string) => ({ description, schema: { type: 'string' } });

/**
 * The route of the API that `src/proxy` serves, past Koa: its answer begins before its request has come whole.
 *
 * @openapi
 * /api/v1/mcp/stream:
 *   post:
 *     operationId: streamMessages
 *     tags: [servers]
 *     summary: Speaks MCP in lines, both ways at once
 *     description: >-
 *       Scope `mcp`. One exchange without SSE: each line of the request is one JSON-RPC message for the servers, each line of the
 *       response one for the client; blank lines mean nothing, and one comes after 15 s of silence. The response begins at once, and
 *       both go on until the request ends: then what is under way is answered, and the response ends, too. The messages are those of
 *       stdio, of either era. In the legacy era the exchange is the session: begin with `initialize`; what a GET stream would bring
 *       comes by itself after `notifications/initialized`. A modern request names its revision and capabilities in `_meta`. Requests
 *       are cancelled by `notifications/cancelled`. A line that is no message is answered with an error whose `id` is null; one
 *       that is longer than a body may be (16 MiB) ends the exchange. At most 256 requests may be under way. Errors are those of
 *       `/mcp`, as JSON-RPC; a Problem is answered only where the exchange does not begin.
 *     parameters:
 *       - name: server
 *         in: query
 *         description: The server. Without it, all that the key may use are one, as at `/mcp`
 *         schema: { type: string, maxLength: 32 }
 *       - name: servers
 *         in: query
 *         description: Only these, of all that the key may use, separated by commas
 *         explode: false
 *         schema: { type: array, items: { type: string } }
 *     requestBody:
 *       required: true
 *       content:
 *         application/x-ndjson:
 *           schema: { type: object, description: A JSON-RPC message; the schema is that of one line }
 *     responses:
 *       200:
 *         description: JSON-RPC messages; the schema is that of one line
 *         content:
 *           application/x-ndjson:
 *             schema: { type: object }
 *       default: { $ref: '#/components/responses/Problem' }
 */

/**
 * Builds the OpenAPI 3.1 document: the paths from the `@openapi` blocks beside the routes, the schemas from the zod schemas
 * that validate.
 */
export function buildOpenApi(version: string): object {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return swaggerJsdoc({
    failOnErrors: true,
    apis: [`${escapeGlob(fileURLToPath(new URL('.', import.meta.url)))}*.${ending}`],
    definition: {
      openapi: '3.1.0',
      info: {
        title: 'MetaMCP',
        version,
        description:
          'Administration of the gateway. MCP clients use `/mcp/{server}` (Streamable HTTP) with the same credentials. ' +
          'Keys are made and changed with the CLI only.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      security: [{ bearer: [] }, { apiKey: [] }],
      tags: ['auth', 'servers', 'keys', 'audit', 'usage', 'events', 'health'].map((name) => ({ name })),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token of /api/v1/auth/token, or an API key itself.',
          },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
        },
        parameters: {
          limit: {
            name: 'limit',
            in: 'query',
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
          },
          tool: { name: 'tool', in: 'path', required: true, schema: { type: 'string' } },
          keyId: { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
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
        },
        headers: {
          ETag: header('The revision: give it as If-Match.'),
          Unconfirmed: header(
            'Replicas that did not confirm the change within 2 s, percent-encoded; absent when all did.',
          ),
        },
        responses: {
          Problem: {
            description: 'An error (RFC 9457); programs decide on `code`.',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          Feed: {
            description: 'Events, until one side ends the answer; the schema is that of one line',
            content: {
              'application/x-ndjson': { schema: { $ref: '#/components/schemas/FeedEvent' } },
              'text/event-stream': { schema: { type: 'string' } },
            },
          },
          Health: { description: 'How the parts are', content: json('Health') },
          Server: {
            description: 'The server',
            headers: {
              ETag: { $ref: '#/components/headers/ETag' },
              'Metamcp-Unconfirmed': { $ref: '#/components/headers/Unconfirmed' },
            },
            content: json('Server'),
          },
        },
        schemas: { ...components(INPUT, 'input'), ...components(OUTPUT, 'output') },
      },
    },
  });
}

/** Generates the schemas that have an id, with references between them. */
function components(schemas: readonly z.ZodType[], io: 'input' | 'output'): Record<string, object> {
  const registry = z.registry<{ id: string }>();
  for (const schema of schemas) registry.add(schema, { id: schema.meta()?.id ?? '' });
  const generated = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(generated.schemas).map(([name, { $id: _id, $schema: _schema, id: _name, ...schema }]) => [
      name,
      schema,
    ]),
  );
}

/** Escapes the special characters of a glob: names of folders may have brackets in them. */
function escapeGlob(path: string): string {
  return path.replace(/[?*()[\]{}!+@\\]/g, '\\$&');
}
