import { z } from 'zod';
import type { Route } from './route.ts';

const partSchema = z.object({
  status: z.enum(['up', 'down']),
  detail: z.string().optional().meta({ description: 'What is wrong, when it is down.' }),
});

export const healthSchema = z
  .object({
    status: z.enum(['up', 'down']),
    version: z.string(),
    parts: z.record(z.string(), partSchema).meta({ description: 'database, event_store, projections, change_feed.' }),
  })
  .meta({ id: 'Health' });

export type HealthPart = z.infer<typeof partSchema>;

export interface HealthRoutesOptions {
  readonly version: string;
  /** Looks at each part; resolves within a bounded time. */
  readonly check: () => Promise<Record<string, HealthPart>>;
}

/** Makes the health routes: alive, ready, and why not. */
export function healthRoutes({ version, check }: HealthRoutesOptions): Route[] {
  async function report() {
    const parts = await check();
    const up = Object.values(parts).every((part) => part.status === 'up');
    return { status: up ? 200 : 503, body: { status: up ? 'up' : 'down', version, parts } };
  }
  return [
    /**
     * @openapi
     * /health:
     *   get:
     *     operationId: getHealth
     *     tags: [health]
     *     summary: Tells how the gateway and its parts are
     *     security: []
     *     responses:
     *       200: { $ref: '#/components/responses/Health' }
     *       503: { $ref: '#/components/responses/Health' }
     *       default: { $ref: '#/components/responses/Problem' }
     */
    { method: 'get', path: '/health', access: 'public', handle: report },
    /**
     * @openapi
     * /health/ready:
     *   get:
     *     operationId: getReadiness
     *     tags: [health]
     *     summary: Tells whether the gateway should get traffic
     *     security: []
     *     responses:
     *       200: { $ref: '#/components/responses/Health' }
     *       503: { $ref: '#/components/responses/Health' }
     *       default: { $ref: '#/components/responses/Problem' }
     */
    { method: 'get', path: '/health/ready', access: 'public', handle: report },
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
     *       default: { $ref: '#/components/responses/Problem' }
     */
    {
      method: 'get',
      path: '/health/live',
      access: 'public',
      handle: () => Promise.resolve({ body: { status: 'up', version, parts: {} } }),
    },
  ];
}
