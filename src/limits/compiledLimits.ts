import { compileGrants } from '../access/grants.ts';
import { compilePattern } from '../access/pattern.ts';
import { readLimit, type Limit } from '../events/readLimit.ts';

/** A limit as calls are checked against it. */
export interface CompiledLimit extends Limit {
  /** Names its bucket, the same in all gateways. */
  readonly bucket: string;
  /** Counts the tools of a call that it is about. */
  countTools(server: string, tools: readonly string[]): number;
}

/**
 * Compiles the limits of a key; undefined for the many that have none. Those that this version can't read are left out.
 * @param standard what keys have without limits of their own. (Default: none)
 */
export function compileKeyLimits(
  keyId: string,
  texts: readonly string[],
  standard: readonly string[] = [],
): readonly CompiledLimit[] | undefined {
  return compile(`key:${keyId}`, texts.length === 0 ? standard : texts, (tools) => {
    const grants = compileGrants([tools]);
    return (server, called) => {
      const grant = grants.forServer(server);
      if (grant === undefined) return 0;
      return grant === 'all' ? called.length : called.filter(grant).length;
    };
  });
}

/** Compiles the limits of a server. @param registeredAt another server of the name has buckets of its own */
export function compileServerLimits(
  name: string,
  registeredAt: string,
  texts: readonly string[] = [],
): readonly CompiledLimit[] | undefined {
  return compile(`server:${name}@${registeredAt}`, texts, (tools) => {
    const matches = compilePattern(tools);
    return (_server, called) => called.filter(matches).length;
  });
}

function compile(
  holder: string,
  texts: readonly string[],
  countTools: (tools: string) => CompiledLimit['countTools'],
): readonly CompiledLimit[] | undefined {
  // The same limit twice has one bucket, and would take twice.
  const all = texts.flatMap((text) => readLimit(text) ?? []);
  const limits = [...new Set(texts)].flatMap((text) => {
    const limit = readLimit(text);
    if (limit === undefined || isVoid(limit, all)) return [];
    const counts = limit.tools === undefined ? () => 0 : countTools(limit.tools);
    return [{ ...limit, bucket: `${holder} ${text}`, countTools: counts }];
  });
  return limits.length === 0 ? undefined : limits;
}

/** Of several for the same at once, the smallest holds. */
function isVoid({ counts, count, windowMs }: Limit, all: readonly Limit[]): boolean {
  return windowMs === undefined && all.some((other) => other.counts === counts && other.count < count);
}
