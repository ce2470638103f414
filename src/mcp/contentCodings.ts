import type { HeaderField } from './headerField.ts';

/** Ways to encode content that we can undo (RFC 9110, 8.4.1; RFC 8878). Official clients undo them unasked, as HTTP libraries do. */
export type ContentCoding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** A list of more is an attack: each coding may multiply the bytes. */
const MAX_CODINGS = 5;

const KNOWN: Readonly<Record<string, ContentCoding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
};

/**
 * The others that are registered (IANA, HTTP Content Coding Registry). What is not, such as `utf-8`, is a mistake for no coding
 * at all, and HTTP libraries hand the content on as it is.
 */
const UNKNOWN: ReadonlySet<string> = new Set([
  'aes128gcm',
  'compress',
  'x-compress',
  'dcb',
  'dcz',
  'exi',
  'pack200-gzip',
]);

/** Reads a `Content-Encoding` field: its codings in the order in which they were applied; undefined when we can't undo them. */
export function readCodings(field: HeaderField): readonly ContentCoding[] | undefined {
  if (field === undefined) return [];
  const joined = typeof field === 'string' ? field : field.join(',');
  const codings: ContentCoding[] = [];
  for (const part of joined.toLowerCase().split(',')) {
    const name = part.trim();
    const coding = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
    if (UNKNOWN.has(name)) return undefined;
    if (coding !== undefined) codings.push(coding);
  }
  return codings.length <= MAX_CODINGS ? codings : undefined;
}
