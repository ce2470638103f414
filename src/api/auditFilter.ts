import { z } from 'zod';
import { apiKeyEvents } from '../events/apiKey.ts';
import { keyRoleEvents } from '../events/keyRole.ts';
import { mcpCatalogueEvents } from '../events/mcpCatalogue.ts';
import { mcpServerEvents } from '../events/mcpServer.ts';
import { zonedTimeSchema } from '../events/time.ts';
import { streamRepairEvents } from '../events/streamRepair.ts';
import type { TrailFilter } from '../projections/tables/auditEvents.ts';
import type { QueryParameters } from './queryCheck.ts';
import { validateQuery } from './route.ts';

/** The types of the events that the audit trail has. */
export const AUDIT_TYPES: readonly string[] = [
  apiKeyEvents,
  keyRoleEvents,
  mcpServerEvents,
  mcpCatalogueEvents,
  streamRepairEvents,
].flatMap((catalogue) => Object.keys(catalogue));

const filterSchema = z.object({
  type: z.array(z.enum(AUDIT_TYPES)).max(AUDIT_TYPES.length),
  since: zonedTimeSchema.optional(),
  until: zonedTimeSchema.optional(),
});

/** The parameters that `auditFilterOf` reads. */
export const AUDIT_FILTER_QUERY = { type: 'several', since: 'one', until: 'one' } as const satisfies QueryParameters;

/** Reads the parameters `type` (repeatable), `since` and `until`. @throws Invalid `request-invalid` */
export function auditFilterOf(query: URLSearchParams): TrailFilter {
  const { type, since, until } = validateQuery(filterSchema, {
    type: [...new Set(query.getAll('type'))],
    since: query.get('since') ?? undefined,
    until: query.get('until') ?? undefined,
  });
  return {
    types: type.length === 0 ? undefined : type,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}
