import canonicalize from 'canonicalize';

/** Writes a JSON value in its one canonical form (RFC 8785). Members that are undefined count as absent. */
export function canonicalJson(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}
