import { createHash } from 'node:crypto';
import { SERVER_NAME } from '../events/mcpServer.ts';

const MAX_LENGTH = 32;

/**
 * Makes a server's name out of any text: itself where it is one already, else the nearest slug; the same text gives the
 * same name. Texts that are cut, or have no letter of a slug, are told apart by a hash.
 */
export function serverNameFrom(text: string): string {
  if (SERVER_NAME.test(text)) return text;
  const slug = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (slug !== '' && slug.length <= MAX_LENGTH) return slug;
  const hash = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 8);
  const beginning = slug.slice(0, MAX_LENGTH - hash.length - 1).replace(/-+$/, '');
  return `${beginning === '' ? 'server' : beginning}-${hash}`;
}
