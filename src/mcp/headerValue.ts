const PREFIX = '=?base64?';
const SUFFIX = '?=';

/** Encodes a value for a header: as it is where that is safe, else as `=?base64?…?=` (MCP 2026-07-28, Value Encoding). */
export function encodeHeaderValue(value: string): string {
  const safe = /^[\t\x20-\x7e]*$/.test(value) && !/^[\t ]|[\t ]$/.test(value) && !/^=\?base64\?.*\?=$/.test(value);
  return safe ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

/** Decodes `=?base64?…?=`; another value stands for itself. Returns undefined when the base64 or its UTF-8 is bad. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith(PREFIX) || !value.endsWith(SUFFIX)) return value;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}
