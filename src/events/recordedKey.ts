import { createHash } from 'node:crypto';
import { MAX_RECORDED_KEY } from './mcpCatalogue.ts';

/** A name, URI or template as it is recorded: what is too long, or can't be stored, by its beginning and its digest. */
export function recordedKey(key: string): string {
  if (key.length <= MAX_RECORDED_KEY && key.isWellFormed() && !key.includes('\0')) return key;
  const readable = key
    .replaceAll('\0', '\ufffd')
    .slice(0, MAX_RECORDED_KEY - 45)
    .toWellFormed();
  return `${readable}… ${createHash('sha256').update(JSON.stringify(key), 'utf8').digest('base64url')}`;
}
