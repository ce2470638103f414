import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Reads a size such as `512MiB`, `2g` or `1073741824` into bytes. @throws InvalidArgumentError */
export function parseSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,15})(?:([kmgt])(?:i?b)?)?$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? 0);
  if (digits === '' || bytes === 0 || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('Write a whole number with its unit, which is a power of 1024: 512MiB, 2GiB.');
  }
  return bytes;
}
