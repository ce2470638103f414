import { z } from 'zod';
import type { Authenticate, Principal } from '../auth/principal.ts';
import { LOG_LEVELS } from '../logging/levels.ts';
import { Forbidden } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { validate, type Route } from './route.ts';

export const logLevelSchema = z
  .strictObject({ level: z.enum(LOG_LEVELS) })
  .meta({ id: 'LogLevel', description: 'What a gateway logs: this level and the graver ones.' });

export interface LogLevelRoutesOptions {
  readonly logger: Logger;
  /** Gets a level that was set. (Default: no other process logs with this one) */
  readonly onChanged?: ((level: string) => void) | undefined;
  /** Accepts tokens of metamcp-cli, too. */
  readonly authenticate: Authenticate;
}

/** Makes the routes that show and change what the gateway logs. */
export function logLevelRoutes({ logger, onChanged, authenticate }: LogLevelRoutesOptions): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/log-level:
     *   get:
     *     operationId: readLogLevel
     *     tags: [health]
     *     summary: Shows the level at which the gateway logs
     *     description: For metamcp-cli, which has the stores; no key opens it. That of the gateway that answers; another one has its own.
     *     responses:
     *       200:
     *         description: The level
     *         content: { application/json: { schema: { $ref: '#/components/schemas/LogLevel' } } }
     */
    {
      method: 'get',
      path: '/api/v1/log-level',
      access: 'events:read',
      authenticate,
      handle(_request, principal) {
        checkOwnProgram(principal);
        return Promise.resolve({ body: { level: logger.level } });
      },
    },
    /**
     * @openapi
     * /api/v1/log-level:
     *   put:
     *     operationId: setLogLevel
     *     tags: [health]
     *     summary: Changes the level at which the gateway logs, until it is changed again or restarted
     *     description: For metamcp-cli, which has the stores; no key opens it. That of the gateway that answers; another one has its own.
     *     requestBody:
     *       required: true
     *       content: { application/json: { schema: { $ref: '#/components/schemas/LogLevel' } } }
     *     responses:
     *       200:
     *         description: The level
     *         content: { application/json: { schema: { $ref: '#/components/schemas/LogLevel' } } }
     */
    {
      method: 'put',
      path: '/api/v1/log-level',
      access: 'servers:write',
      authenticate,
      handle({ body }, principal) {
        checkOwnProgram(principal);
        const { level } = validate(logLevelSchema, body);
        logger.level = level;
        onChanged?.(level);
        return Promise.resolve({ body: { level } });
      },
    },
  ];
}

/** A key that could silence the log could hide what else it does. @throws Forbidden `own-programs-only` */
function checkOwnProgram({ key, keyId }: Principal): void {
  if (key === undefined) return;
  const message = 'No API key shows or changes what a gateway logs: run metamcp-cli log-level where its stores are.';
  throw new Forbidden('own-programs-only', message, { keyId });
}
