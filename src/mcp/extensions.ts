import { isJsonObject, type JsonObject } from './jsonRpc.ts';

/** Interfaces that servers give hosts to show (MCP Apps, SEP-1865). */
export const UI_EXTENSION = 'io.modelcontextprotocol/ui';

/** Instructions for agents, in files that a server has as resources (SEP-2640). */
export const SKILLS_EXTENSION = 'io.modelcontextprotocol/skills';

/** Gives the settings of an extension, where it is declared (MCP 2026-07-28, schema, ServerCapabilities). */
export function extensionOf(capabilities: JsonObject, extension: string): JsonObject | undefined {
  const { extensions } = capabilities;
  const declared = isJsonObject(extensions) && Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
  return isJsonObject(declared) ? declared : undefined;
}
