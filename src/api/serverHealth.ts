import { z } from 'zod';
import type { Authenticate } from '../auth/principal.ts';
import type { Circuits } from '../calls/circuits.ts';
import type { ServerHealths } from '../calls/serverHealth.ts';
import { audienceOfId } from '../catalogue/audience.ts';
import { listReadings, type CatalogueReading } from '../catalogue/rememberedTable.ts';
import { isoTime } from '../clock.ts';
import type { Queryable } from '../postgres/database.ts';
import type { ParkedBudget } from '../upstream/bridge/parkedBudget.ts';
import type { ProcessPool } from '../upstream/stdio/processPool.ts';
import { circuitDocument, circuitOfStart, circuitSchema } from './serverCircuit.ts';
import { foundHealth } from './foundHealth.ts';
import type { Route } from './route.ts';
import { processesDocument, serverProcessesSchema } from './serverProcesses.ts';
import { find } from './servers.ts';

const failure = z.object({
  code: z.string(),
  at: z.iso.datetime(),
  in_a_row: z.int().min(0).meta({ description: '0: it has answered since.' }),
});

export const serverHealthSchema = z
  .object({
    name: z.string(),
    status: z.enum(['answers', 'fails', 'unknown', 'disabled']).meta({
      description:
        'By the last call, whatever carried it, or reading of its catalogue. `unknown`: none since the server was changed.',
    }),
    answered_at: z.iso.datetime().optional(),
    failure: failure.optional().meta({ description: 'The last call or reading that failed for the server’s sake.' }),
    circuit: circuitSchema,
    waiting_for_input: z.int().min(0).meta({
      description:
        'Calls at this gateway in which the server has asked for something, and that wait for their client’s next request.',
    }),
    processes: serverProcessesSchema.optional().meta({ description: 'Of a server on stdio.' }),
    catalogue: z
      .array(
        z.object({
          era: z.enum(['legacy', 'modern']),
          capabilities: z.string().optional().meta({ description: 'A digest of those of the clients; absent: none.' }),
          read_at: z.iso.datetime().optional().meta({ description: 'Absent: it was never read.' }),
          outdated: z
            .boolean()
            .meta({ description: 'The server has sent that it changed, and it was not read since.' }),
          failure: failure.optional().meta({ description: 'Why it could not be read the last time.' }),
        }),
      )
      .meta({ description: 'How reading what the server offers goes, for all gateways; by the clients it is for.' }),
  })
  .meta({
    id: 'ServerHealth',
    description:
      'The health of a server, as the gateway that answers has found it by calls, and any gateway by reading its catalogue.',
  });

export type ServerHealthDocument = z.infer<typeof serverHealthSchema>;

export interface ServerHealthRoutesOptions {
  readonly db: Queryable;
  readonly health: Pick<ServerHealths, 'of'>;
  readonly circuits: Pick<Circuits, 'of'>;
  readonly parked: Pick<ParkedBudget, 'callsAt'>;
  readonly processes: Pick<ProcessPool, 'processesOf'>;
  /** Accepts tokens of metamcp-cli, too. */
  readonly authenticate: Authenticate;
}

/** Makes the route that shows the health of a server. */
export function serverHealthRoutes({
  db,
  health,
  circuits,
  parked,
  processes,
  authenticate,
}: ServerHealthRoutesOptions): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/health:
     *   get:
     *     operationId: getServerHealth
     *     tags: [servers]
     *     summary: Shows the health of a server
     *     description: Scope `servers:read`. From the calls of the gateway that answers, over any transport, and from readings of its catalogue; the server is not asked.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     responses:
     *       200:
     *         description: The health
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ServerHealth' } } }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server/health',
      access: 'servers:read',
      authenticate,
      async handle({ params }, principal): Promise<{ body: ServerHealthDocument }> {
        const { name, revision, transport, status } = await find(db, params['server'], principal);
        const readings = await listReadings(db, name, revision);
        const ofPrograms = transport === 'stdio' ? processes.processesOf(name) : undefined;
        const { status: found, answeredAt, failure: last } = foundHealth(health.of(name), readings);
        return {
          body: {
            name,
            status: status === 'enabled' ? found : 'disabled',
            ...(answeredAt !== undefined && { answered_at: isoTime(answeredAt) }),
            ...(last !== undefined && {
              failure: { code: last.code, at: isoTime(last.at), in_a_row: last.inARow },
            }),
            circuit: circuitDocument(circuits.of(name) ?? circuitOfStart(ofPrograms?.failedStart)),
            waiting_for_input: parked.callsAt(name),
            ...(ofPrograms !== undefined && { processes: processesDocument(name, ofPrograms) }),
            catalogue: readings.map(readingDocument),
          },
        };
      },
    },
  ];
}

/** Shows how the reading of a catalogue goes, the same over REST and in the CLI. */
export function readingDocument({ audience, readAt, outdated, failure: code, failures, failedAt }: CatalogueReading) {
  const { era, capabilities } = audienceOfId(audience);
  return {
    era,
    ...(capabilities !== undefined && { capabilities }),
    ...(readAt !== null && { read_at: readAt.toISOString() }),
    outdated,
    ...(code !== null && failedAt !== null && { failure: { code, at: failedAt.toISOString(), in_a_row: failures } }),
  };
}
