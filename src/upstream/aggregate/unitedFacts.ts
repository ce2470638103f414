import type { Era } from '../../mcp/eras.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import type { ServerFacts } from '../upstream.ts';
import type { Member } from './member.ts';

/** Capabilities about lists, which change when servers come and go. */
const LISTS = ['tools', 'prompts', 'resources'] as const;

/** What a key with tool grants finds nothing in; and what only a server itself can answer for. */
const BESIDE_TOOLS: ReadonlySet<string> = new Set(['prompts', 'resources', 'completions']);
const NOT_SHARED: ReadonlySet<string> = new Set(['experimental']);

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
      capabilities = united(capabilities, { [name]: declared });
    }
    if (facts?.instructions !== undefined) {
      const text = facts.instructions.trim();
      instructions.set(text, [...(instructions.get(text) ?? []), member.server]);
    }
  }
  for (const list of LISTS) {
    if (isJsonObject(capabilities[list])) capabilities = united(capabilities, { [list]: { listChanged: true } });
  }
  return { ...own, capabilities, instructions: instructionsText(instructions) };
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
