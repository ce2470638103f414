import { z } from 'zod';
import type { IssuedToken } from '../auth/tokens.ts';
import { addressOf } from '../front/client.ts';
import { validate, type Route } from './route.ts';

export const tokenRequestSchema = z
  .strictObject({
    api_key: z.string().min(1).max(512).meta({ description: 'A key, as `keys create` of the CLI printed it.' }),
  })
  .meta({ id: 'TokenRequest' });

export const tokenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'Token' });

export interface TokenRoutesOptions {
  /** @throws Unauthorized; Limited; Unavailable */
  readonly issueToken: (apiKey: string, address: string) => Promise<IssuedToken>;
}

/** Makes the route that issues a short-lived token for an API key. */
export function tokenRoutes({ issueToken }: TokenRoutesOptions): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/auth/token:
     *   post:
     *     operationId: issueToken
     *     tags: [auth]
     *     summary: Issues a token of 15 minutes for an API key
     *     security: []
     *     requestBody:
     *       required: true
     *       content: { application/json: { schema: { $ref: '#/components/schemas/TokenRequest' } } }
     *     responses:
     *       200:
     *         description: The token; send it in the header Authorization, after the word Bearer
     *         content: { application/json: { schema: { $ref: '#/components/schemas/Token' } } }
     */
    {
      method: 'post',
      path: '/api/v1/auth/token',
      access: 'public',
      fails: [401],
      async handle({ body, response }) {
        const { api_key } = validate(tokenRequestSchema, body);
        return { body: { ...(await issueToken(api_key, addressOf(response.req))) } };
      },
    },
  ];
}
