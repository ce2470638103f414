import type { JsonObject } from './jsonRpc.ts';

/** The capability by which a client allows what a server may ask for (MCP 2025-11-25, basic/lifecycle, Capability Negotiation). */
const CAPABILITIES: ReadonlyMap<string, string> = new Map([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
  ['tasks/get', 'tasks'],
  ['tasks/result', 'tasks'],
  ['tasks/list', 'tasks'],
  ['tasks/cancel', 'tasks'],
]);

/**
 * Tells whether the declared capabilities allow a request of the server's. A method that no revision knows may belong to an
 * extension: it is allowed where anything is declared.
 */
export function allowsServerRequest(capabilities: JsonObject, method: string): boolean {
  const needed = CAPABILITIES.get(method);
  if (needed === undefined) return Object.keys(capabilities).length > 0;
  return capabilities[needed] !== undefined && capabilities[needed] !== null;
}
