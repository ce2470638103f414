/** Writes a size in the largest unit of which it is a whole number. */
export function formatSize(bytes: number): string {
  const [name, unit] = (
    [
      ['TiB', 2 ** 40],
      ['GiB', 2 ** 30],
      ['MiB', 2 ** 20],
      ['KiB', 2 ** 10],
    ] as const
  ).find(([, size]) => bytes % size === 0) ?? ['bytes', 1];
  return `${String(bytes / unit)} ${name}`;
}
