import { LEGACY_VERSIONS } from '../../mcp/eras.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { LOG_LEVEL_KEY, type LogLevel } from '../../mcp/logLevels.ts';
import { TASKS_EXTENSION } from '../../mcp/taskNames.ts';
import type { ServerFacts } from '../upstream.ts';

/** How a modern server looks to a legacy client. Tasks are another thing in each era, and are not translated. */
export function legacyFacts(facts: ServerFacts): ServerFacts {
  return {
    ...facts,
    era: 'legacy',
    protocolVersion: LEGACY_VERSIONS[0],
    capabilities: withoutTasks(facts.capabilities),
  };
}

/** How a legacy client looks to a modern server (MCP 2026-07-28, basic: `_meta`). */
export function modernCapabilities(capabilities: JsonObject): JsonObject {
  const { roots, ...others } = withoutTasks(capabilities);
  // A modern server is not told that the roots have changed.
  return isJsonObject(roots) ? { ...others, roots: without(roots, 'listChanged') } : others;
}

/** Makes the params of a legacy client's request those of a modern one. @param level of the log messages that it wants */
export function modernParams(params: JsonObject | undefined, level: LogLevel | undefined): JsonObject | undefined {
  const own = params && without(params, ...FOREIGN);
  if (level === undefined) return own;
  const meta = own?.['_meta'];
  return { ...own, _meta: { ...(isJsonObject(meta) && meta), [LOG_LEVEL_KEY]: level } };
}

/** The call as a task, which is of the legacy era alone; and what only we send a modern server again. */
const FOREIGN = ['task', 'inputResponses', 'requestState'];

export function withoutTasks(capabilities: JsonObject): JsonObject {
  const { extensions, ...others } = without(capabilities, 'tasks');
  return isJsonObject(extensions) ? { ...others, extensions: without(extensions, TASKS_EXTENSION) } : others;
}

function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  if (!names.some((name) => Object.hasOwn(object, name))) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}
