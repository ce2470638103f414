import type { ListMemory, RememberedPart } from './listMemory.ts';
import type { Member, SeenParts } from './member.ts';
import type { RecordedList, RecordedParts } from './memberParts.ts';

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const satisfies readonly RecordedList[];
const PARTS = ['facts', ...LISTS] as const;

/** The parts of a server that nobody has asked for yet. */
export function unaskedParts(memory: ListMemory, member: Member): readonly (keyof RecordedParts)[] {
  return PARTS.filter((part) => {
    const known = memory.use(member, part);
    return known.loading === undefined && known.refusal === undefined && !isSettled(known);
  });
}

/** Gives all that a server offers, for its record; undefined until each part was read, or failed, and where all lists failed. */
export function takeSeenParts(memory: ListMemory, member: Member): SeenParts | undefined {
  const parts = PARTS.map((part) => memory.use(member, part));
  const failures = LISTS.flatMap((list) => memory.use(member, list).failure ?? []);
  // A cast: each part holds values of its own kind.
  const valueOf = <Part extends keyof RecordedParts>(part: Part): RecordedParts[Part] | undefined =>
    memory.use(member, part).value as RecordedParts[Part] | undefined;
  const facts = valueOf('facts');
  if (facts === undefined || !parts.every(isSettled) || failures.length === LISTS.length) return undefined;
  const isOther = parts.some((known) => known.value !== undefined && !known.isNoted);
  for (const known of parts) known.isNoted = true;
  return {
    facts,
    lists: {
      tools: valueOf('tools'),
      prompts: valueOf('prompts'),
      resources: valueOf('resources'),
      resourceTemplates: valueOf('resourceTemplates'),
    },
    failure: failures[0],
    isOther,
  };
}

function isSettled({ readAt, failure }: RememberedPart): boolean {
  return readAt !== -Infinity || failure !== undefined;
}
