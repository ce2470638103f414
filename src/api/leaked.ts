import { z } from 'zod';
import type { ReportLeaks } from '../administration/leakReports.ts';
import { addressOf } from '../front/client.ts';
import type { Logger } from '../logging/logger.ts';
import type { EnterReport } from './reportBound.ts';
import { validate, type Route } from './route.ts';

/** Texts in one report. */
const MAX_TEXTS = 1_000;

/** The largest report, in bytes: so many texts with the URLs where they were found. */
const MAX_REPORT_BYTES = 512 * 1024;

/** How long a report may take to arrive, in milliseconds: there are few places for all reports of the world. */
const MAX_BODY_MS = 10_000;

const url = z.string().max(4_096).optional();

const foundSchema = z
  .object({
    token: z.string().max(4_096).meta({ description: 'What was found; a key is found in a longer text, too.' }),
    type: z.string().max(256).optional(),
    url: url.meta({ description: 'Where. It comes into the audit trail, without its query.' }),
    source: z.string().max(256).optional(),
  })
  .meta({ description: 'As the secret scanning partner program of GitHub sends it.' });

export const leakReportSchema = z
  .union([
    z.array(foundSchema).max(MAX_TEXTS),
    z.strictObject({ candidates: z.array(z.string().max(4_096)).max(MAX_TEXTS), url }),
  ])
  .meta({ id: 'LeakReport' });
const [listSchema, plainSchema] = leakReportSchema.options;

export const leakReportTakenSchema = z
  .object({ received: z.int().min(0).meta({ description: 'Texts in the report; not how many of them were keys.' }) })
  .meta({ id: 'LeakReportTaken' });

export interface LeakedRoutesOptions {
  readonly report: ReportLeaks;
  readonly enter: EnterReport;
  readonly logger: Logger;
}

/** Makes the route by which anyone reports keys that were found in the open: who has a key may end it. */
export function leakedRoutes({ report, enter, logger }: LeakedRoutesOptions): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/leaked:
     *   post:
     *     operationId: reportLeaked
     *     tags: [auth]
     *     summary: Ends keys that were found in the open
     *     description: >-
     *       Anyone may report. A key of this installation that stands whole in the report is inactivated on every
     *       gateway before the answer comes, and what it has open is cut. The answer does not say which of the texts
     *       were keys. The report may have either shape; in the first one, other members are passed over. Signatures of
     *       reporters are not looked at: the secret in the report is what proves it.
     *     security: []
     *     requestBody:
     *       required: true
     *       content: { application/json: { schema: { $ref: '#/components/schemas/LeakReport' } } }
     *     responses:
     *       200:
     *         description: The report was taken, and every key in it is dead
     *         content: { application/json: { schema: { $ref: '#/components/schemas/LeakReportTaken' } } }
     */
    {
      method: 'post',
      path: '/api/v1/leaked',
      access: 'public',
      maxBody: MAX_REPORT_BYTES,
      maxBodyMs: MAX_BODY_MS,
      enter,
      async handle({ body, context, response }) {
        const found = foundIn(body);
        const by = addressOf(response.req) || 'an unknown address';
        await report(found, by, { ...context, actor: 'system:leak-report' }, ({ id, changed, unconfirmed }) => {
          if (changed) logger.warn({ keyId: id, by }, 'a key was reported as leaked, and is inactive now');
          if (unconfirmed.length > 0)
            logger.warn({ keyId: id, unconfirmed }, 'gateways did not confirm in time that a leaked key is dead');
        });
        return { body: { received: found.length } };
      },
    },
  ];
}

function foundIn(body: unknown) {
  if (Array.isArray(body)) {
    return validate(listSchema, body).map(({ token, url: where }) => ({ text: token, where }));
  }
  const { candidates, url: where } = validate(plainSchema, body);
  return candidates.map((text) => ({ text, where }));
}
