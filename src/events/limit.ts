import { z } from 'zod';
import { isNetwork } from './network.ts';
import { isLimitOfKey, readLimit } from './readLimit.ts';

/** Limits and networks that one key or server may have. */
const MAX_LIMITS = 32;
const MAX_NETWORKS = 64;

const TOOLS_OF_SERVER = /^[A-Za-z0-9_.*/-]{1,128}$/;

export const LIMIT_OF_KEY_FORMS =
  'must be as requests=100/s, calls=10, streams=5, bytes=10MiB/m or tool:github:search_*=50/h';
export const LIMIT_OF_SERVER_FORMS = 'must be as requests=100/s, bytes=10MiB/m, streams=5 or tool:search_*=50/h';

/** A limit of a key. */
export const keyLimitSchema = z.string().refine(isLimitOfKey, LIMIT_OF_KEY_FORMS);

/** A limit of a server for all of its clients together; its calls at once are `maxInFlight`. */
export const serverLimitSchema = z.string().refine((text) => {
  const limit = readLimit(text);
  if (limit === undefined || limit.counts === 'calls') return false;
  return limit.tools === undefined || TOOLS_OF_SERVER.test(limit.tools);
}, LIMIT_OF_SERVER_FORMS);

/** A network that a key may be used from. */
const networkSchema = z
  .string()
  .refine(isNetwork, 'must be an address or a network, as 10.0.0.0/8 or 2001:db8::/32')
  // What editors can check of it.
  .meta({ pattern: '^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$' });

export const keyLimitsSchema = z.array(keyLimitSchema).max(MAX_LIMITS, `may be ${MAX_LIMITS} at most`);
export const serverLimitsSchema = z.array(serverLimitSchema).max(MAX_LIMITS, `may be ${MAX_LIMITS} at most`);
/** The limits as people state them today. Histories may have several for the same at once, of which the smallest holds. */
export const statedKeyLimitsSchema = keyLimitsSchema.superRefine(refuseVoidLimits);
export const statedServerLimitsSchema = serverLimitsSchema.superRefine(refuseVoidLimits);

export const networksSchema = z.array(networkSchema).max(MAX_NETWORKS, `may be ${MAX_NETWORKS} at most`);

/** A limit that changes nothing, because another one of the same list is smaller. */
export interface VoidLimit {
  readonly at: number;
  /** To follow the limit. */
  readonly message: string;
}

/** Finds the first limit for what is at once beside which another one holds. By time several make sense: so many a second, and so many an hour. */
export function findVoidLimit(texts: readonly string[]): VoidLimit | undefined {
  const limits = [...new Set(texts)].map((text) => ({ text, limit: readLimit(text) }));
  for (const [at, text] of texts.entries()) {
    const limit = readLimit(text);
    if (limit === undefined || limit.windowMs !== undefined) continue;
    const smaller = limits.find(
      (other) => other.limit?.counts === limit.counts && other.text !== text && other.limit.count <= limit.count,
    );
    if (smaller !== undefined) return { at, message: `changes nothing beside ${smaller.text}: take it out` };
  }
  return undefined;
}

function refuseVoidLimits(texts: readonly string[], context: z.RefinementCtx): void {
  const found = findVoidLimit(texts);
  if (found !== undefined) context.addIssue({ code: 'custom', path: [found.at], message: found.message });
}
