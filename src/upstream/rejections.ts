import { excerpt } from '../mcp/excerpt.ts';
import { isJsonObject } from '../mcp/jsonRpc.ts';
import type { ServerLabel } from '../mcp/failures.ts';

/** An item that was left out of a list, and why. */
export interface Rejected {
  readonly list: string;
  /** The item's name, where it has one, fit to be shown. */
  readonly name: string | undefined;
  readonly reason: string;
}

/** What was left out of a list. */
export interface Rejections {
  readonly count: number;
  /** The first 20. */
  readonly first: readonly Rejected[];
}

const MAX_NAMED = 20;

/** Collects what is left out of a list. `all` is undefined as long as nothing was. */
export function createRejections(
  { secrets }: Pick<ServerLabel, 'secrets'>,
  list: string,
  onRejected: ((rejected: Rejected) => void) | undefined,
): { add(entry: unknown, reason: string): void; readonly all: Rejections | undefined } {
  const first: Rejected[] = [];
  let count = 0;
  return {
    add(entry, reason) {
      if (++count > MAX_NAMED) return;
      const rejected = { list, name: nameOf(entry, secrets), reason };
      first.push(rejected);
      onRejected?.(rejected);
    },
    get all() {
      return count === 0 ? undefined : { count, first };
    },
  };
}

/** Describes what was left out of a list. */
export function describeRejections({ count, first }: Rejections): string {
  const parts = first.map(({ name, list, reason }) => `${name ?? `some of its ${list}`} (${reason})`);
  return [...parts, ...(count > first.length ? [`${count - first.length} more`] : [])].join(', ');
}

function nameOf(entry: unknown, secrets: ServerLabel['secrets']): string | undefined {
  if (!isJsonObject(entry)) return undefined;
  const name = [entry['name'], entry['uri'], entry['uriTemplate']].find(
    (text) => typeof text === 'string' && text !== '',
  );
  return typeof name === 'string' ? excerpt(name, secrets) : undefined;
}
