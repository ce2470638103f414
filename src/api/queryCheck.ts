import { Invalid } from '../errors/appError.ts';
import { nearest } from '../nearest.ts';

/** The parameters of a query: `one` comes once at most, `several` may be repeated. */
export type QueryParameters = Readonly<Record<string, 'one' | 'several'>>;

/** The longest name that is repeated to the caller, in characters. */
const MAX_NAME_CHARACTERS = 200;

/**
 * Refuses a parameter that does not exist, or comes more often than it may: a filter that is misspelt would be none, and show all.
 * @throws Invalid `request-invalid`
 */
export function checkQuery(query: URLSearchParams, known: QueryParameters): void {
  for (const name of new Set(query.keys())) {
    if (!Object.hasOwn(known, name)) throw fault(name, `there is no such parameter here${suggestion(name, known)}`);
    if (known[name] === 'one' && query.getAll(name).length > 1) throw fault(name, 'may come once only');
  }
}

function suggestion(name: string, known: QueryParameters): string {
  const names = Object.keys(known);
  if (names.length === 0) return ', and no other one';
  const similar = nearest(name, names);
  return similar === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${similar}?`;
}

function fault(name: string, message: string): Invalid {
  const path = name.slice(0, MAX_NAME_CHARACTERS);
  return new Invalid('request-invalid', `${path}: ${message}`, { data: { faults: [{ path, message }] } });
}
