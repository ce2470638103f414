import { stringify } from 'yaml';
import type { Client, Entry } from './client.ts';

/** Writes what to put into a client's file for servers, by the name of each. */
export function configurationText(client: Client, entries: Readonly<Record<string, Entry>>, indent?: number): string {
  if (client.format === 'toml') {
    const tables = Object.entries(entries).map(([name, entry]) =>
      [
        `[${client.member}.${name}]`,
        ...Object.entries(entry).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
      ].join('\n'),
    );
    return tables.join('\n\n');
  }
  // Folded at a space, a value would be two pieces for whoever copies a line.
  if (client.format === 'yaml') return stringify({ [client.member]: entries }, { lineWidth: 0 }).trimEnd();
  const inputs = client.input === undefined ? {} : { inputs: [client.input] };
  return JSON.stringify({ ...inputs, [client.member]: entries }, undefined, indent);
}
