import { RELATED_SECRETS, SETTINGS } from '../settings/variables.ts';
import type { CurrentServer } from './currentState.ts';

/** A variable that has to be set before the file can be used. */
export interface ExportedVariable {
  readonly name: string;
  readonly server: string;
  /** `headers.Authorization`, `env.TOKEN`. */
  readonly field: string;
}

/** Variables of MetaMCP itself: what refers to one is not imported again. */
const RESERVED = [...RELATED_SECRETS, ...Object.keys(SETTINGS).flatMap((name) => [name, `${name}_FILE`])];

/** Names a variable for each secret that is not empty: GITHUB_AUTHORIZATION; numbered where two would be called alike. */
export function nameVariables(servers: readonly CurrentServer[]): Map<string, ExportedVariable> {
  const taken = new Set<string>(RESERVED);
  const variables = new Map<string, ExportedVariable>();
  for (const {
    name: server,
    input: { secrets },
  } of servers) {
    for (const kind of ['headers', 'env'] as const) {
      for (const [member, value] of Object.entries(secrets[kind])) {
        if (value === '') continue;
        const words = `${server}_${member}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
        const base = /^\d/.test(words) ? `MCP_${words}` : words;
        let name = base;
        for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
        taken.add(name);
        const field = `${kind}.${member}`;
        variables.set(variableKey(server, field), { name, server, field });
      }
    }
  }
  return variables;
}

/** Tells variables apart: a server’s name has no space in it. */
export function variableKey(server: string, field: string): string {
  return `${server} ${field}`;
}
