import canonicalize from 'canonicalize';
import { Invalid } from '../errors/appError.ts';

/**
 * Writes a JSON value in its one canonical form (RFC 8785). Members that are undefined count as absent.
 * @throws Invalid `event-data-invalid` for what has no such form: half a surrogate pair, a number that is not finite
 */
export function canonicalJson(value: object): string {
  const text = canonical(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

function canonical(value: object): string | undefined {
  try {
    return canonicalize(value);
  } catch (cause) {
    throw new Invalid('event-data-invalid', 'A text holds half a surrogate pair, or a number is not finite.', {
      cause,
    });
  }
}
