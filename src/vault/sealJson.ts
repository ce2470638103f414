import { z } from 'zod';
import { Invalid } from '../errors/appError.ts';
import type { JsonObject } from '../events/eventStore.ts';
import { closeBox, openBox } from './box.ts';

const jsonObject = z.record(z.string(), z.json());

/** Encrypts a JSON object for a stream. @returns base64url */
export function sealJson(key: Uint8Array, stream: string, value: JsonObject): string {
  const plain = Buffer.from(JSON.stringify(value), 'utf8');
  const box = closeBox(key, stream, plain);
  plain.fill(0);
  return box.toString('base64url');
}

/** Decrypts what `sealJson` made. @throws Invalid `sealed-damaged`, also for a box of another stream */
export function openJson(key: Uint8Array, stream: string, box: string): JsonObject {
  const plain = openBox(key, stream, Buffer.from(box, 'base64url'));
  if (plain === undefined) {
    throw new Invalid('sealed-damaged', 'A sealed secret was damaged or tampered with.', { data: { stream } });
  }
  try {
    return jsonObject.parse(JSON.parse(plain.toString('utf8')));
  } finally {
    plain.fill(0);
  }
}
