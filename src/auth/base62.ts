const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = new Map(Array.from(ALPHABET, (character, value) => [character, BigInt(value)]));
const BASE = 62n;

/** Encodes bytes, as one big-endian number, in exactly `length` base62 digits. @throws RangeError when they do not fit */
export function toBase62(bytes: Uint8Array, length: number): string {
  let number = bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let i = 0; i < length; i += 1) {
    text = ALPHABET.charAt(Number(number % BASE)) + text;
    number /= BASE;
  }
  if (number !== 0n) throw new RangeError(`${bytes.length} bytes do not fit in ${length} base62 digits`);
  return text;
}

/**
 * Decodes base62 digits to exactly `size` bytes.
 * @returns undefined for a foreign character, and for a number too large for `size`: so each value has one text only
 */
export function fromBase62(text: string, size: number): Buffer | undefined {
  let number = 0n;
  for (const character of text) {
    const digit = DIGITS.get(character);
    if (digit === undefined) return undefined;
    number = number * BASE + digit;
  }
  const hex = number.toString(16).padStart(size * 2, '0');
  return hex.length === size * 2 ? Buffer.from(hex, 'hex') : undefined;
}
