import { parseEnv } from 'node:util';

/** Reads a file of variables as Node and its clients do: NAME=value, quotes, `export`, comments. */
export function readEnvFile(text: string): Record<string, string> {
  // A name that is no string's would not be in it; one that is set twice has its last value.
  return Object.fromEntries(
    Object.entries(parseEnv(text)).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
