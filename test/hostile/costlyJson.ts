import { fc } from '@fast-check/vitest';

/** JSON that costs more than its bytes tell, with members of a JSON-RPC message before and after it. */
export interface CostlyJson {
  readonly kind: string;
  readonly bytes: number;
}

const MIB = 1024 * 1024;

/** Each makes an item; the text is as many of them as there is room for. */
const ITEMS: Readonly<Record<string, { open: string; item: (at: number) => string; close: string }>> = {
  members: { open: '{', item: (at) => `"k${at}":1`, close: '}' },
  'long members': { open: '{', item: (at) => `"${'k'.repeat(100)}${at}":1`, close: '}' },
  'members in escapes': { open: '{', item: (at) => `"\\u006b${at}":1`, close: '}' },
  'equal members': { open: '{', item: () => '"__proto__":{}', close: '}' },
  'numbers as names': { open: '{', item: (at) => `"${(at * 7_919) % 4_294_967_291}":1`, close: '}' },
  shapes: { open: '[', item: (at) => `{"a${at}":[],"b":{}}`, close: ']' },
  'empty objects': { open: '[', item: () => '{}', close: ']' },
  'empty lists': { open: '[', item: () => '[]', close: ']' },
  texts: { open: '[', item: (at) => `"t${at}"`, close: ']' },
  numbers: { open: '[', item: (at) => String(at / 7), close: ']' },
  calls: { open: '[', item: (at) => `{"jsonrpc":"2.0","id":${at},"method":"tools/list"}`, close: ']' },
  tools: { open: '[', item: (at) => `{"name":"read${at}","inputSchema":{"properties":{"p${at}":{}}}}`, close: ']' },
};

const FILLED: Readonly<Record<string, (bytes: number) => string>> = {
  nesting: (bytes) => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2),
  'nesting in objects': (bytes) => `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`,
  'nesting without an end': (bytes) => '['.repeat(bytes),
  'one text': (bytes) => `"${'QUJD'.repeat(bytes / 4)}"`,
  'one text of two bytes a character': (bytes) => `"\u0101${'x'.repeat(bytes - 4)}"`,
  'one text of backslashes': (bytes) => `"${'\\\\'.repeat(bytes / 2)}"`,
  'one number': (bytes) => '1'.repeat(bytes),
  spaces: (bytes) => `${' '.repeat(bytes)}1`,
};

/** Makes the text. */
export function textOf({ kind, bytes }: CostlyJson): string {
  const list = ITEMS[kind];
  if (list === undefined) return FILLED[kind]!(bytes);
  const { open, item, close } = list;
  const parts: string[] = [];
  for (let length = 0, at = 0; length < bytes; at++) length += parts[parts.push(item(at)) - 1]!.length + 1;
  return open + parts.join(',') + close;
}

export const costlyJson: fc.Arbitrary<CostlyJson> = fc.record({
  kind: fc.constantFrom(...Object.keys(ITEMS), ...Object.keys(FILLED)),
  bytes: fc.constantFrom(100_000, 2 * MIB, 8 * MIB, 15 * MIB, 17 * MIB),
});
