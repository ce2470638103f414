import { createHash } from 'node:crypto';

/** Clients accept names of so many characters, of these (MCP 2025-11-25, server/tools, allows more; several clients do not). */
const MAX_CHARACTERS = 64;
const PLAIN = /^[A-Za-z0-9_-]+$/;

const SEPARATOR = '__';

/** How a shortened name ends. A name that ends so by itself is shortened too: no name of one kind is one of the other. */
const SHORTENED = /--[0-9a-v]{12}$/;
const SUFFIX_CHARACTERS = 14;

/** A name that may be a prefixed one: no name without a prefix is exposed so. */
const LOOKS_PREFIXED = /^[a-z0-9][a-z0-9-]{0,31}__/;

/** A name by which clients know a tool or prompt of a server, taken apart. */
export interface ExposedName {
  /** Undefined: it has no prefix. */
  readonly server: string | undefined;
  /** The server's own name of it; undefined: it was shortened, and only the server's list tells. */
  readonly name: string | undefined;
}

/** The prefix of a server's names. The names of servers have no underscore, so that no prefix begins another one. */
export function prefixOf(server: string): string {
  return server + SEPARATOR;
}

/**
 * Makes the name by which clients know a tool or prompt of a server. It depends on nothing but the two, and so it stays the same
 * for ever. It is the prefix and the name; what clients would not accept is shortened, and ends with a hash of the whole.
 * @param prefix that of the server; empty for the one server whose names pass as they are
 */
export function exposedName(prefix: string, name: string): string {
  const passes = prefix === '' ? !LOOKS_PREFIXED.test(name) : isAccepted(prefix, name);
  return passes && !SHORTENED.test(name) ? prefix + name : shortened(prefix, name);
}

/** Takes an exposed name apart. */
export function readExposedName(exposed: string): ExposedName {
  const end = exposed.indexOf('_');
  const isPrefixed = end > 0 && LOOKS_PREFIXED.test(exposed);
  const server = isPrefixed ? exposed.slice(0, end) : undefined;
  const name = isPrefixed ? exposed.slice(end + SEPARATOR.length) : exposed;
  return { server, name: SHORTENED.test(name) ? undefined : name };
}

function isAccepted(prefix: string, name: string): boolean {
  return prefix.length + name.length <= MAX_CHARACTERS && PLAIN.test(name);
}

function shortened(prefix: string, name: string): string {
  const readable = name.replace(/[^A-Za-z0-9-]+/g, '_').slice(0, MAX_CHARACTERS - prefix.length - SUFFIX_CHARACTERS);
  return `${prefix}${readable === '' ? '_' : readable}--${digest(name)}`;
}

/** 60 bits as 12 characters. Of the text's own units: texts that are no Unicode differ, too. */
function digest(name: string): string {
  const hash = createHash('sha256').update(Buffer.from(name, 'utf16le')).digest();
  return (hash.readBigUInt64BE() >> 4n).toString(32).padStart(12, '0');
}
