import { z } from 'zod';
import type { Authenticate } from '../auth/principal.ts';
import { isoTime } from '../clock.ts';
import { Refused } from '../errors/appError.ts';
import type { Queryable } from '../postgres/database.ts';
import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import type { ProcessPool, ServerProcesses } from '../upstream/stdio/processPool.ts';
import { validateQuery, type Route } from './route.ts';
import { checkGranted, find } from './servers.ts';

const status = z.enum(['running', 'starting', 'restarting', 'given-up', 'stopped']).meta({
  description: '`stopped`: it is started when it is needed. `given-up`: it has ended too often; restart it.',
});
const failed = {
  since: z.iso.datetime(),
  failures: z.int().min(0).meta({ description: 'How often in a row it has ended by itself.' }),
  retry_at: z.iso.datetime().optional().meta({ description: 'When it is started again.' }),
  reason: z.string().optional().meta({ description: 'Why it does not run.' }),
};

export const serverProcessesSchema = z
  .object({
    name: z.string(),
    status,
    failed_start: z
      .object(failed)
      .optional()
      .meta({ description: 'The last start failed at once; absent when it did not.' }),
    processes: z.array(
      z.object({
        status,
        ...failed,
        pid: z.int().optional(),
        shared_by: z.enum(['session', 'key', 'shared']).meta({ description: 'Who shares it.' }),
        holders: z.int().min(0).meta({ description: 'Sessions, and calls without one, that have it now.' }),
      }),
    ),
  })
  .meta({ id: 'ServerProcesses', description: 'The processes of a server on stdio in the gateway that answers.' });

export const serverLogSchema = z
  .object({
    items: z.array(
      z.object({
        number: z.int().min(1).meta({ description: 'Of the lines of this server in this gateway.' }),
        at: z.iso.datetime(),
        text: z.string().meta({ description: 'Without control characters; secrets of the server are blotted out.' }),
      }),
    ),
  })
  .meta({ id: 'ServerLog', description: 'The last lines on standard error, the newest last.' });

/** Lines that are kept, and so can be asked for. */
const MAX_LINES = 500;

const logQuerySchema = z.strictObject({ lines: z.coerce.number().int().min(1).max(MAX_LINES).default(100) });

export interface ServerProcessRoutesOptions {
  readonly db: Queryable;
  readonly processes: Pick<ProcessPool, 'processesOf' | 'restart' | 'journal'>;
  /** Accepts tokens of metamcp-cli, too. */
  readonly authenticate: Authenticate;
}

/** Makes the routes that show, restart and explain the processes of servers on stdio. */
export function serverProcessRoutes({ db, processes, authenticate }: ServerProcessRoutesOptions): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/processes:
     *   get:
     *     operationId: listServerProcesses
     *     tags: [servers]
     *     summary: Shows the processes of a server on stdio
     *     description: Scope `servers:read`. Those of the gateway that answers; another one has its own.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     responses:
     *       200:
     *         description: The processes
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ServerProcesses' } } }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server/processes',
      access: 'servers:read',
      fails: [422],
      authenticate,
      async handle({ params }, principal) {
        const { name } = ofPrograms(await find(db, params['server'], principal));
        return { body: processesDocument(name, processes.processesOf(name)) };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/restart:
     *   post:
     *     operationId: restartServer
     *     tags: [servers]
     *     summary: Restarts the processes of a server on stdio
     *     description: >-
     *       Scope `servers:write`. Those of the gateway that answers, also when they were given up; what is under way fails. A server
     *       without a process has nothing to restart, and is started when it is needed.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     responses:
     *       200:
     *         description: The processes, which run again
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ServerProcesses' } } }
     */
    {
      method: 'post',
      path: '/api/v1/mcp/servers/:server/restart',
      access: 'servers:write',
      fails: [422],
      authenticate,
      async handle({ params }, principal) {
        const { name } = ofPrograms(await find(db, params['server'], principal));
        checkGranted(principal, name);
        await processes.restart(name);
        return { body: processesDocument(name, processes.processesOf(name)) };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/logs:
     *   get:
     *     operationId: readServerLog
     *     tags: [servers]
     *     summary: Shows what a server on stdio has printed on its standard error
     *     description: >-
     *       Scope `events:read`, for it may tell of any client's calls. The last lines of the gateway that answers, of which 500 are
     *       kept; further ones come in the live event feed as `mcp_server_log`.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *       - name: lines
     *         in: query
     *         description: How many
     *         schema: { type: integer, minimum: 1, maximum: 500, default: 100 }
     *     responses:
     *       200:
     *         description: The lines
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ServerLog' } } }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server/logs',
      access: 'events:read',
      query: { lines: 'one' },
      fails: [422],
      authenticate,
      async handle({ params, query }, principal) {
        const { name } = ofPrograms(await find(db, params['server'], principal));
        const { lines } = validateQuery(logQuerySchema, Object.fromEntries(query));
        const items = processes.journal.linesOf(name).slice(-lines);
        return { body: { items: items.map(({ number, at, text }) => ({ number, at: isoTime(at), text })) } };
      },
    },
  ];
}

/** @throws Refused `server-not-a-program` */
function ofPrograms(row: McpServerRow): McpServerRow {
  if (row.transport === 'stdio') return row;
  const message = `The server ${row.name} is reached over ${row.transport}: the gateway runs no program of it.`;
  throw new Refused('server-not-a-program', message, { data: { transport: row.transport } });
}

/** Shows the processes of a server. */
export function processesDocument(
  name: string,
  { processes, failedStart }: ServerProcesses,
): z.infer<typeof serverProcessesSchema> {
  const present = ['running', 'starting', 'restarting', 'given-up'] as const;
  const ofProcesses = present.find((one) => processes.some(({ status }) => status === one));
  return {
    name,
    status: ofProcesses ?? (failedStart === undefined ? 'stopped' : 'restarting'),
    ...(failedStart !== undefined && { failed_start: failedDocument(failedStart) }),
    processes: processes.map(({ status, pid, sharedBy, holders, ...rest }) => ({
      status,
      ...failedDocument(rest),
      ...(pid !== undefined && { pid }),
      shared_by: sharedBy,
      holders,
    })),
  };
}

function failedDocument({
  since,
  failures,
  retryAt,
  reason,
}: {
  since: number;
  failures: number;
  retryAt?: number | undefined;
  reason?: string | undefined;
}) {
  return {
    since: isoTime(since),
    failures,
    ...(retryAt !== undefined && { retry_at: isoTime(retryAt) }),
    ...(reason !== undefined && { reason }),
  };
}
