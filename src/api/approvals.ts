import { z } from 'zod';
import { CLI_HERE, withCliName } from '../cliName.ts';
import { waitingToolDocument, type AskForTools, type ToolApproval } from '../administration/toolApproval.ts';
import { reasonSchema, textSchema } from '../events/text.ts';
import type { Queryable } from '../postgres/database.ts';
import { validate, type Route } from './route.ts';
import { enforcementHeaders, find, mayChange } from './servers.ts';

const unapprovedToolSchema = z.object({
  name: z.string(),
  digest: z.string().meta({ description: 'SHA-256 over all members of its definition, base64url.' }),
  why: z.enum(['new', 'changed']),
  differs: z.array(z.string()).optional().meta({
    description:
      'The members in which a changed one differs from what was approved last; absent when that is not known.',
  }),
});

export const unapprovedToolsSchema = z
  .object({
    items: z.array(unapprovedToolSchema),
    digest: z.string().optional().meta({
      description: 'Of all tools as the server has shown them; absent where the grants cover some of them only.',
    }),
  })
  .meta({ id: 'UnapprovedTools', description: 'Tools that nobody has approved as they are now.' });

export const approvalSchema = z
  .strictObject({
    tools: z
      .array(textSchema(4_096))
      .max(1_000)
      .default([])
      .meta({ description: 'Their names. Absent or empty: all.' }),
    digest: textSchema(64).optional().meta({
      description:
        'Of the tools as they were looked at (`digest` of the unapproved ones; of one tool its own): refused as `tools-changed` when the server shows others by now.',
    }),
    reason: reasonSchema.optional(),
  })
  .meta({ id: 'Approval' });

export const approvedToolsSchema = z
  .object({
    approved: z.array(unapprovedToolSchema),
    unread: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .meta({ description: 'Why the server did not show its tools, so that what it has shown before counts.' }),
  })
  .meta({ id: 'ApprovedTools', description: 'What is approved now and was not before.' });

/** Makes the routes that show and approve tools that are new or have changed. */
export function approvalRoutes({
  db,
  approvals,
  ask,
}: {
  readonly db: Queryable;
  readonly approvals: ToolApproval;
  readonly ask: AskForTools;
}): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/unapproved:
     *   get:
     *     operationId: listUnapprovedTools
     *     tags: [servers]
     *     summary: Lists the tools that nobody has approved as they are now
     *     description: Scope `servers:read`. What the server has shown last; it is not asked.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     responses:
     *       200:
     *         description: The tools, by name
     *         content: { application/json: { schema: { $ref: '#/components/schemas/UnapprovedTools' } } }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server/unapproved',
      access: 'servers:read',
      fails: [422],
      async handle({ params }, principal) {
        const { name } = await find(db, params['server'], principal);
        const grant = principal.grants.forServer(name);
        const { waiting, digest } = await approvals.unapproved(name);
        return {
          body: {
            ...(grant === 'all' && { digest }),
            items: waiting.filter((tool) => grant === 'all' || grant?.(tool.name) === true).map(waitingToolDocument),
          },
        };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/approve:
     *   post:
     *     operationId: approveTools
     *     tags: [servers]
     *     summary: Approves tools as the server shows them now
     *     description: Scope `servers:write`; stdio servers need `servers:exec` too. Asks the server; where it does not answer, what it has shown last counts.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     requestBody:
     *       content: { application/json: { schema: { $ref: '#/components/schemas/Approval' } } }
     *     responses:
     *       200:
     *         description: The tools that are approved now and were not before
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ApprovedTools' } } }
     */
    {
      method: 'post',
      path: '/api/v1/mcp/servers/:server/approve',
      access: 'servers:write',
      fails: [409, 422],
      async handle({ params, body, context }, principal) {
        const { tools, digest, reason } = validate(approvalSchema, body ?? {});
        const { name, transport } = await find(db, params['server'], principal);
        mayChange(principal, name, transport);
        const { approved, unread, ...result } = await approvals.approve(name, tools, { digest, reason, ask }, context);
        return {
          body: {
            approved: approved.map(waitingToolDocument),
            ...(unread !== undefined && {
              unread: { code: unread.code, message: withCliName(unread.message, CLI_HERE) },
            }),
          },
          headers: enforcementHeaders(result),
        };
      },
    },
  ];
}
