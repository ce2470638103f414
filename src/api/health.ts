import { z } from 'zod';
import type { Route } from './route.ts';

const partSchema = z.object({
  status: z.enum(['up', 'down']),
  detail: z.string().optional().meta({ description: 'What is wrong, when it is down.' }),
});

export const healthSchema = z
  .object({
    status: z.enum(['up', 'down']).meta({ description: 'What the status code says: up is 200, down is 503.' }),
    version: z.string(),
    ready: z
      .object({
        calls: z.boolean().meta({ description: 'MCP calls and queries are served.' }),
        changes: z.boolean().meta({
          description:
            'Changes of keys and servers are accepted, too. Without the event store they are refused; calls are served as before.',
        }),
      })
      .optional()
      .meta({ description: 'What the gateway serves now; absent from /health/live.' }),
    installation: z.uuid().optional().meta({
      description:
        'Random, made once for each installation, and the same at all its gateways: by it a command of the CLI finds out whether the gateway works on its stores. Only of /health/live.',
    }),
    parts: z.record(z.string(), partSchema).meta({ description: 'database, event_store, projections, change_feed.' }),
  })
  .meta({ id: 'Health' });

export type HealthPart = z.infer<typeof partSchema>;

/** The result of a health check. */
export interface GatewayHealth {
  readonly parts: Readonly<Record<string, HealthPart>>;
  readonly ready: NonNullable<z.infer<typeof healthSchema>['ready']>;
}

export interface HealthRoutesOptions {
  readonly version: string;
  /** The installation's id. */
  readonly installation: string;
  /** Checks each part; resolves within a bounded time. */
  readonly check: () => Promise<GatewayHealth>;
}

/** Makes the health routes: is the process alive, is it ready, and if not, why. */
export function healthRoutes({ version, installation, check }: HealthRoutesOptions): Route[] {
  const answer = (health: GatewayHealth, up: boolean) => ({
    status: up ? 200 : 503,
    body: { status: up ? 'up' : 'down', version, ...health },
  });
  async function report() {
    const health = await check();
    return answer(
      health,
      Object.values(health.parts).every((part) => part.status === 'up'),
    );
  }
  async function reportReadiness() {
    const health = await check();
    return answer(health, health.ready.calls);
  }
  return [
    /**
     * @openapi
     * /health:
     *   get:
     *     operationId: getHealth
     *     tags: [health]
     *     summary: Tells how the gateway and its parts are
     *     description: 503 when any part is down, also one without which calls are served.
     *     security: []
     *     responses:
     *       200: { $ref: '#/components/responses/Health' }
     *       503: { $ref: '#/components/responses/Health' }
     */
    { method: 'get', path: '/health', access: 'public', handle: report },
    /**
     * @openapi
     * /health/ready:
     *   get:
     *     operationId: getReadiness
     *     tags: [health]
     *     summary: Tells whether the gateway should get traffic
     *     description: 200 as long as it serves calls. `ready.changes` is true when it accepts changes, too.
     *     security: []
     *     responses:
     *       200: { $ref: '#/components/responses/Health' }
     *       503: { $ref: '#/components/responses/Health' }
     */
    { method: 'get', path: '/health/ready', access: 'public', handle: reportReadiness },
    /**
     * @openapi
     * /health/live:
     *   get:
     *     operationId: getLiveness
     *     tags: [health]
     *     summary: Tells that the process answers
     *     security: []
     *     responses:
     *       200: { $ref: '#/components/responses/Health' }
     */
    {
      method: 'get',
      path: '/health/live',
      access: 'public',
      handle: () => Promise.resolve({ body: { status: 'up', version, installation, parts: {} } }),
    },
  ];
}
