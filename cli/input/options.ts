import { InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { plainFault } from '../../src/plainFault.ts';
import { nameSchema, reasonSchema } from '../../src/events/text.ts';

/** An option that may be repeated and takes several values at once, separated by commas. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ]);
}

/** An option that may be repeated; each value is taken as it is. */
export function repeatedOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);
}

/** Of options that the parser does not know to be choices, because they may be repeated. */
const CHOICES = new WeakMap<Option, readonly string[]>();

/** An option that may be repeated; each value is one of `choices`. */
export function choicesOption(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => {
    if (!choices.includes(text)) throw new InvalidArgumentError(`There are: ${choices.join(', ')}.`);
    return [...(before ?? []), text];
  });
  CHOICES.set(option, choices);
  return option;
}

/** Finds the values that an option may have. @returns undefined when it may have any */
export function choicesOf(option: Option): readonly string[] | undefined {
  return option.argChoices ?? CHOICES.get(option);
}

/** Makes a parser for texts of a schema, whose messages are ends of sentences (src/events/text.ts). */
export function asText(schema: z.ZodType<string>): (text: string) => string {
  return (text) => {
    const [issue] = schema.safeParse(text, { error: plainFault }).error?.issues ?? [];
    if (issue !== undefined) throw new InvalidArgumentError(`It ${issue.message}.`);
    return text;
  };
}

/** Makes a parser for what has a name elsewhere, such as a file: not blank, not longer than `max` characters. */
export function nameOf(max: number): (text: string) => string {
  return asText(nameSchema(max));
}

/** `--dry-run`. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'say what would be done, or what refuses it, and change nothing');
}

/** `--reason`, for the audit trail. */
export function reasonOption(): Option {
  return new Option('--reason <text>', 'why, for the audit trail').argParser(asText(reasonSchema));
}

/** Reads a whole number, 0 among them. @throws InvalidArgumentError */
export function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Reads a whole number above 0. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,9}$/.test(text) || count === 0) throw new InvalidArgumentError('It must be a whole number above 0.');
  return count;
}
