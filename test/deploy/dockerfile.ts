/** One instruction of a Dockerfile, with its continuation lines joined. */
export interface Instruction {
  /** In capitals: RUN, COPY… */
  readonly name: string;
  /** `--from=build` becomes `{ from: 'build' }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows the flags. */
  readonly rest: string;
}

export interface Stage {
  /** Its name, or its number. */
  readonly name: string;
  /** An image or the name of an earlier stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Parses what our Dockerfile is made of: no heredocs, no escapes, no arguments before the first stage. */
export function parseDockerfile(text: string): Stage[] {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  for (const line of lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')) {
    const instruction = parseInstruction(line);
    if (instruction.name === 'FROM') {
      const [from = '', , name = String(stages.length)] = instruction.rest.split(/\s+/);
      stages.push({ name, from, instructions: [] });
    } else {
      stages.at(-1)!.instructions.push(instruction);
    }
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, name = '', flags = '', rest = ''] = /^([A-Z]+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
  const parsed = [...flags.matchAll(/--([a-z-]+)=(\S+)/g)].map(([, flag, value]) => [flag, value]);
  return { name, flags: Object.fromEntries(parsed) as Record<string, string>, rest };
}

/** What the image itself is made of: the last stage's instructions behind those of the stages that it is built on. */
export function imageInstructions(stages: readonly Stage[], last = stages.at(-1)!): Instruction[] {
  const parent = stages.find(({ name }) => name === last.from);
  return [...(parent === undefined ? [] : imageInstructions(stages, parent)), ...last.instructions];
}
