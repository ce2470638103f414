import { Invalid } from '../../src/errors/appError.ts';
import {
  findVoidLimit,
  keyLimitsSchema,
  LIMIT_OF_KEY_FORMS,
  LIMIT_OF_SERVER_FORMS,
  networksSchema,
  serverLimitsSchema,
} from '../../src/events/limit.ts';
import { plainFault } from '../../src/plainFault.ts';

/** The word that takes all limits or networks away. */
const NONE = 'none';

/** Reads `--limit` of a key. @returns undefined without the option @throws Invalid `limit-invalid`, which shows the forms */
export function parseKeyLimits(texts: readonly string[] | undefined): string[] | undefined {
  return parseLimits(texts, keyLimitsSchema, `A limit ${LIMIT_OF_KEY_FORMS}`);
}

/** Reads `--limit` of a server. @returns undefined without the option @throws Invalid `limit-invalid`, which shows the forms */
export function parseServerLimits(texts: readonly string[] | undefined): string[] | undefined {
  const forms = `A limit of a server ${LIMIT_OF_SERVER_FORMS}; for its calls at once there is --max-in-flight`;
  return parseLimits(texts, serverLimitsSchema, forms);
}

/** Reads `--network`. @returns undefined without the option @throws Invalid `network-invalid`, which shows the forms */
export function parseNetworks(texts: readonly string[] | undefined): string[] | undefined {
  return parse(
    texts,
    networksSchema,
    'network-invalid',
    'A network must be an address or a prefix, as 10.0.0.0/8 or 2001:db8::/32',
  );
}

function parseLimits(texts: readonly string[] | undefined, schema: typeof keyLimitsSchema, forms: string) {
  const limits = parse(texts, schema, 'limit-invalid', forms);
  const found = findVoidLimit(limits ?? []);
  if (found !== undefined) throw new Invalid('limit-invalid', `“${limits?.[found.at] ?? ''}” ${found.message}.`);
  return limits;
}

function parse(
  texts: readonly string[] | undefined,
  schema: typeof keyLimitsSchema,
  code: string,
  forms: string,
): string[] | undefined {
  if (texts === undefined) return undefined;
  if (texts.length === 1 && texts[0] === NONE) return [];
  const parsed = schema.safeParse(texts, { error: plainFault });
  if (parsed.success) return [...new Set(parsed.data)];
  const [issue] = parsed.error.issues;
  const at = issue?.path[0];
  const wrong = typeof at === 'number' ? `“${texts[at] ?? ''}”` : 'There are too many of them';
  throw new Invalid(code, `${wrong}: ${issue?.path.length === 0 ? issue.message : `${forms}; none takes all away`}.`);
}
