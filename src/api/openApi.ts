import { fileURLToPath } from 'node:url';
import swaggerJsdoc from 'swagger-jsdoc';
import { z } from 'zod';
import { allToolsSchema } from './allTools.ts';
import { approvalSchema, approvedToolsSchema, unapprovedToolsSchema } from './approvals.ts';
import { auditEventPageSchema, auditEventSchema } from './audit.ts';
import { feedEventSchema } from '../feed/feedEvent.ts';
import { credentialSchema, credentialsSchema, newCredentialSchema } from './credentials.ts';
import { keyEventSchema, keyHistoryPageSchema, keyPageSchema, keySchema } from './keys.ts';
import { healthSchema } from './health.ts';
import { HEADERS, PARAMETERS, responses, SECURITY_SCHEMES, TAGS } from './openApiComponents.ts';
import { EXAMPLES } from './openApiExamples.ts';
import { problemSchema } from './problem.ts';
import { problemReferences, problemStatusesOf } from './problemResponses.ts';
import { pathTemplate, type Route } from './route.ts';
import { newServerSchema, serverSchema, serverUpdateSchema } from './serverRepresentation.ts';
import { callLineSchema } from './callLines.ts';
import { rolePageSchema, roleSchema } from './roles.ts';
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
  rolePageSchema,
  roleSchema,
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
 *           example: { jsonrpc: '2.0', id: 1, method: ping }
 *     responses:
 *       200:
 *         description: JSON-RPC messages; the schema is that of one line
 *         content:
 *           application/x-ndjson:
 *             schema: { type: object }
 *             example: { jsonrpc: '2.0', id: 1, result: {} }
 *       400: { $ref: '#/components/responses/BadRequest' }
 *       401: { $ref: '#/components/responses/Unauthorized' }
 *       403: { $ref: '#/components/responses/Forbidden' }
 *       404: { $ref: '#/components/responses/NotFound' }
 *       415: { $ref: '#/components/responses/UnsupportedMediaType' }
 *       429: { $ref: '#/components/responses/TooManyRequests' }
 *       431: { $ref: '#/components/responses/RequestHeaderFieldsTooLarge' }
 *       500: { $ref: '#/components/responses/InternalServerError' }
 *       503: { $ref: '#/components/responses/ServiceUnavailable' }
 *       508: { $ref: '#/components/responses/LoopDetected' }
 */

/**
 * Builds the OpenAPI 3.1 document: the paths from the `@openapi` blocks beside the routes, the schemas from the zod schemas
 * that validate, and the problems of each operation from its route.
 */
export function buildOpenApi(version: string, routes: readonly Route[]): object {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const document = swaggerJsdoc({
    failOnErrors: true,
    apis: [`${escapeGlob(fileURLToPath(new URL('.', import.meta.url)))}*.${ending}`],
    definition: {
      openapi: '3.1.0',
      info: {
        title: 'MetaMCP',
        version,
        description:
          'Administration of the gateway. MCP clients use `/mcp`, or `/mcp/{server}` for one server, with the same credentials. ' +
          'Keys are made and changed with the CLI only.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      security: [{ bearer: [] }, { apiKey: [] }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: SECURITY_SCHEMES,
        parameters: PARAMETERS,
        headers: HEADERS,
        responses: responses(),
        schemas: { ...components(INPUT, 'input'), ...components(OUTPUT, 'output') },
      },
    },
  }) as DocumentShape;
  for (const route of routes) addProblems(document, route);
  addRequestId(document);
  addExamples(document);
  return document;
}

/** What is added to, of the document. */
interface DocumentShape {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Record<string, object> }>>>>;
  readonly components: { readonly responses: Readonly<Record<string, object>> };
}

/** Adds what a route may fail with. What its block says itself comes first: a health that is down is a 503, and no problem. */
function addProblems({ paths }: DocumentShape, route: Route): void {
  const operation = paths[pathTemplate(route.path)]?.[route.method];
  if (operation === undefined) throw new Error(`${route.method} ${route.path} has no @openapi block`);
  operation.responses = { ...problemReferences(problemStatusesOf(route)), ...operation.responses };
}

/** Adds the header that every answer has. */
function addRequestId({ paths, components: { responses: shared } }: DocumentShape): void {
  const own = Object.values(paths).flatMap((operations) =>
    Object.values(operations).flatMap((operation) => Object.values(operation.responses)),
  );
  for (const response of [...Object.values(shared), ...own]) {
    if ('$ref' in response) continue;
    const { headers } = response as { headers?: object };
    Object.assign(response, { headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...headers } });
  }
}

/** Gives each body whose schema has an example, of a request or an answer, that example. */
function addExamples(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const [name, value] of Object.entries(part)) {
    if (name !== 'application/json') addExamples(value);
    else {
      const { schema } = value as { schema: { $ref?: string } };
      const example = EXAMPLES[schema.$ref?.split('/').at(-1) ?? ''];
      if (example !== undefined) Object.assign(value as object, { example });
    }
  }
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
