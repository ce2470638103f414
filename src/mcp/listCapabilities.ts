import { isJsonObject, type JsonObject } from './jsonRpc.ts';

interface Members {
  readonly [name: string]: Members;
}

/**
 * What lists of a server may depend on: what the client can be asked for (MCP 2025-11-25, basic/lifecycle, Capability Negotiation),
 * and whether it shows interfaces of tools (MCP Apps, SEP-1865).
 */
const KNOWN: Members = {
  elicitation: { form: {}, url: {} },
  extensions: { 'io.modelcontextprotocol/ui': {} },
  roots: { listChanged: {} },
  sampling: { context: {}, tools: {} },
  tasks: { cancel: {}, list: {}, requests: { elicitation: { create: {} }, sampling: { createMessage: {} } } },
};

/**
 * Reduces the capabilities of a client to those that the lists of a server may depend on, in one form: whatever else a client
 * declares makes no other client of it.
 */
export function listCapabilities(capabilities: JsonObject): JsonObject {
  return pick(capabilities, KNOWN);
}

function pick(declared: JsonObject, known: Members): JsonObject {
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, members]) => {
      const value = declared[name];
      if (value === undefined || value === null || value === false) return [];
      const own = pick(isJsonObject(value) ? value : {}, members);
      // It only holds others.
      if (name === 'extensions' && Object.keys(own).length === 0) return [];
      return [[name, own]];
    }),
  );
}
