import type { Handler, Projection } from '../../src/projections/tables/projection.ts';

/** The projection, whose handlers call this first. */
export function holding(projection: Projection, hold: () => Promise<unknown>): Projection {
  const held =
    (handler: Handler): Handler =>
    async (tx, events) => {
      await hold();
      return handler(tx, events);
    };
  const on = Object.fromEntries(Object.entries(projection.on).map(([type, handler]) => [type, held(handler)]));
  return { ...projection, on };
}
