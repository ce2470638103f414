import { z } from 'zod';
import type { Catalogue, EventOf } from './catalogue.ts';
import { reasonSchema, textSchema } from './text.ts';

const reason = { reason: reasonSchema.optional() };

/**
 * The events of a repair stream: what an operator decides about a stream whose own history can't be folded. They stand in a
 * stream beside it, because nothing may be appendable to the one that they are about.
 */
export const streamRepairEvents = {
  /** Readers pass the event at this revision by, as if it were not there. */
  EventSkipped: {
    data: z.object({ revision: z.int().min(0), eventId: z.uuid(), type: textSchema(1_000), reason: reasonSchema }),
    upcasts: [],
  },
  /** The key, role or server is invalid from now on, whatever its own stream holds or is going to show. `deks`: destroyed with it. */
  StreamRetired: {
    data: z.object({ final: z.boolean(), deks: z.array(z.uuid()), ...reason }),
    upcasts: [],
  },
  /** The event store lacks events of the stream, and somebody has gone on without them. */
  LossAccepted: { data: z.object({}), upcasts: [] },
  /** The key, role or server is again what its own stream makes of it. */
  StreamReinstated: { data: z.object(reason), upcasts: [] },
} as const satisfies Catalogue;

export type StreamRepairEvent = EventOf<typeof streamRepairEvents>;

/** The stream of the repairs of a stream. */
export function streamRepairStream(repaired: string): string {
  return `streamRepair-${repaired}`;
}
