import type { Era } from '../../mcp/eras.ts';
import { SKILLS_EXTENSION, UI_EXTENSION } from '../../mcp/extensions.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { TASKS_EXTENSION } from '../../mcp/taskNames.ts';
import type { ServerFacts } from '../upstream.ts';
import type { Member } from './member.ts';
import { withQualifiedText } from './qualifiedUris.ts';

/** Capabilities about lists, which change when servers come and go. */
const LISTS = ['tools', 'prompts', 'resources'] as const;

/** What a key with tool grants finds nothing in; and what only a server itself can answer for. */
const BESIDE_TOOLS: ReadonlySet<string> = new Set(['prompts', 'resources', 'completions']);
const NOT_SHARED: ReadonlySet<string> = new Set(['experimental']);

/**
 * Extensions that the aggregate can bring to the server that has them. Another one may have methods of its own, of which nobody
 * knows whose they are: it is at /mcp/<server>. Tasks are one from 2026-07-28 on.
 */
const EXTENSIONS: Readonly<Record<Era, ReadonlySet<string>>> = {
  legacy: new Set([UI_EXTENSION, SKILLS_EXTENSION]),
  modern: new Set([TASKS_EXTENSION, UI_EXTENSION, SKILLS_EXTENSION]),
};
/** Their files are resources. */
const BESIDE_TOOLS_EXTENSIONS: ReadonlySet<string> = new Set([UI_EXTENSION, SKILLS_EXTENSION]);

/** Of one server, in characters; real ones have some thousands. */
const MAX_INSTRUCTIONS = 32_768;

export interface Introduction {
  readonly member: Member;
  /** Undefined: it is not known yet. */
  readonly facts: ServerFacts | undefined;
}

/**
 * Unites what servers say of themselves: each capability that one of them has, and their instructions under their names. What a
 * server may offer that is not known yet is declared too, for clients ask for nothing that was not declared.
 */
export function unitedFacts(
  introductions: readonly Introduction[],
  own: { readonly era: Era; readonly protocolVersion: string; readonly serverInfo: JsonObject },
): ServerFacts {
  let capabilities: JsonObject = { tools: {} };
  /** The servers that give the same ones, as several of one program do. */
  const instructions = new Map<string, string[]>();
  for (const { member, facts } of introductions) {
    const whole = member.grant === 'all';
    if (facts === undefined && whole) capabilities = united(capabilities, { prompts: {}, resources: {} });
    for (const [name, declared] of Object.entries(facts?.capabilities ?? {})) {
      if (NOT_SHARED.has(name) || (!whole && BESIDE_TOOLS.has(name)) || !isJsonObject(declared)) continue;
      // The capability of MCP 2025-11-25 is not to be declared beside the extension (SEP-2663, Backward Compatibility).
      if (name === 'tasks' && own.era === 'modern') continue;
      const shared = name === 'extensions' ? routedExtensions(declared, own.era, whole) : declared;
      if (shared !== undefined) capabilities = united(capabilities, { [name]: shared });
    }
    if (facts?.instructions !== undefined) {
      const trimmed = facts.instructions.trim();
      const text = whole ? withQualifiedText(member.server, trimmed) : trimmed;
      instructions.set(text, [...(instructions.get(text) ?? []), member.server]);
    }
  }
  for (const list of LISTS) {
    if (isJsonObject(capabilities[list])) capabilities = united(capabilities, { [list]: { listChanged: true } });
  }
  return { ...own, capabilities, instructions: instructionsText(instructions) };
}

function routedExtensions(declared: JsonObject, era: Era, whole: boolean): JsonObject | undefined {
  const routed = Object.entries(declared).filter(
    ([name]) => EXTENSIONS[era].has(name) && (whole || !BESIDE_TOOLS_EXTENSIONS.has(name)),
  );
  return routed.length === 0 ? undefined : Object.fromEntries(routed);
}

function instructionsText(instructions: ReadonlyMap<string, readonly string[]>): string | undefined {
  const parts = [...instructions].flatMap(([text, servers]) => {
    const [first] = servers;
    return first === undefined || text === '' ? [] : [`# ${servers.join(', ')}\n\n${shortened(first, text)}`];
  });
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

/** Models read the instructions of all servers: one must not displace the others'. */
function shortened(server: string, instructions: string): string {
  if (instructions.length <= MAX_INSTRUCTIONS) return instructions;
  return `${instructions.slice(0, MAX_INSTRUCTIONS).toWellFormed()}…\n\n(Shortened here; whole at /mcp/${server}.)`;
}

/** Unites two objects, and the objects in them; of other values a true one, or the later one, counts. */
function united(one: JsonObject, other: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    // Written like any other member it would become the prototype.
    if (name === '__proto__') continue;
    const before = result[name];
    if (isJsonObject(before) && isJsonObject(value)) result[name] = united(before, value);
    else if (before !== true) result[name] = value;
  }
  return result;
}
