import { createHash, randomFillSync } from 'node:crypto';

/** Our namespace for name-based UUIDs: the UUID v5 of `metamcp` in the DNS namespace (RFC 9562, 6.6). */
const METAMCP_NAMESPACE = uuidV5Bytes('metamcp', Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex'));

/** Makes a UUID v7: 48 bits of milliseconds, then random (RFC 9562, 5.7). */
export function uuidV7(ms: number): string {
  const bytes = randomFillSync(Buffer.allocUnsafe(16));
  bytes.writeUIntBE(ms, 0, 6);
  return stamp(bytes, 7);
}

/** Makes the UUID v5 of a name in our namespace: the same name gives the same id for ever (RFC 9562, 5.5). */
export function uuidV5(name: string): string {
  return stamp(uuidV5Bytes(name, METAMCP_NAMESPACE), 5);
}

function uuidV5Bytes(name: string, namespace: Buffer): Buffer {
  const bytes = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}

function stamp(bytes: Buffer, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
