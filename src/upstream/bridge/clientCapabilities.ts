import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { listCapabilities } from '../../mcp/listCapabilities.ts';

/** What a client may say about an extension, in characters of JSON: each other text is another session. */
const MAX_EXTENSION = 1_024;

/**
 * Reduces what a modern client declares to what legacy servers understand, in one form: clients that are alike share a session.
 * Roots that change can't be told of in the modern era, and its tasks are an extension (MCP 2026-07-28, changelog).
 */
export function legacyCapabilities(declared: JsonObject | undefined): JsonObject {
  if (declared === undefined) return {};
  const { roots, tasks: _tasks, elicitation, extensions, ...rest } = listCapabilities(declared);
  const named = isJsonObject(extensions) ? extensionsOf(declared['extensions'], Object.keys(extensions)) : {};
  return {
    ...rest,
    ...(roots !== undefined && { roots: {} }),
    // Form is what it means where no mode is named (MCP 2026-07-28, client/elicitation, Capabilities).
    ...(isJsonObject(elicitation) && {
      elicitation: Object.keys(elicitation).length === 0 ? { form: {} } : elicitation,
    }),
    ...(Object.keys(named).length > 0 && { extensions: named }),
  };
}

function extensionsOf(declared: unknown, names: readonly string[]): JsonObject {
  if (!isJsonObject(declared)) return {};
  const settings = names.map((name) => [name, declared[name]] as const);
  return Object.fromEntries(
    settings.filter(([, value]) => isJsonObject(value) && JSON.stringify(value).length <= MAX_EXTENSION),
  );
}
