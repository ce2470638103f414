import { isJsonObject, type JsonObject } from './jsonRpc.ts';

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
  return isDeclared(capabilities[needed]);
}

/**
 * Names what a client would have to declare for a request of a server's and has not, as in `elicitation.url`; undefined: nothing
 * (MCP 2025-11-25, client/elicitation and client/sampling, Capabilities).
 */
export function missingCapability(
  capabilities: JsonObject,
  { method, params }: { readonly method: string; readonly params?: JsonObject | undefined },
): string | undefined {
  if (!allowsServerRequest(capabilities, method)) return CAPABILITIES.get(method) ?? 'any capability';
  if (method === 'elicitation/create') {
    const { form, url } = membersOf(capabilities['elicitation']);
    if (params?.['mode'] === 'url') return isDeclared(url) ? undefined : 'elicitation.url';
    // A client that names no mode knows forms only.
    return isDeclared(form) || !isDeclared(url) ? undefined : 'elicitation.form';
  }
  if (method === 'sampling/createMessage' && (isDeclared(params?.['tools']) || isDeclared(params?.['toolChoice']))) {
    return isDeclared(membersOf(capabilities['sampling'])['tools']) ? undefined : 'sampling.tools';
  }
  return undefined;
}

function isDeclared(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function membersOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
