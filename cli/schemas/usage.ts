import { z } from 'zod';
import { count, time, uuid } from './parts.ts';

const counted = {
  key_id: uuid.optional(),
  key_name: z.string().optional(),
  server: z.string().optional(),
  method: z.string().optional(),
  tool: z.string().optional(),
  time: time.optional().meta({ description: 'The beginning of the hour or the day.' }),
  calls: count,
  failed: count,
  errors: z.strictObject({ client: count, timeout: count, upstream: count, cut: count, answer: count, refused: count }),
  outcomes: z.record(z.string(), count).meta({ description: 'Failed calls, by the code of what ended them.' }),
  bytes_in: count,
  bytes_out: count,
  latency_ms: z
    .strictObject({ p50: z.number(), p95: z.number(), p99: z.number() })
    .optional()
    .meta({ description: 'Estimated from a histogram; absent when nothing but streams was counted.' }),
  last_used_at: time.optional(),
};

export const usage = z.strictObject({
  from: time,
  to: time,
  items: z.array(z.strictObject(counted)),
  total: z.strictObject(counted).optional(),
});
