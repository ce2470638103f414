import { InvalidArgumentError, Option } from 'commander';

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

/** Makes a parser for texts that people read: not longer than `max` characters. */
export function textOf(max: number): (text: string) => string {
  return (text) => {
    if (text.length > max) throw new InvalidArgumentError(`It may have ${max} characters at most.`);
    return text;
  };
}

/** As `textOf`, but not blank. */
export function nameOf(max: number): (text: string) => string {
  const bounded = textOf(max);
  return (text) => {
    if (text.trim() === '') throw new InvalidArgumentError('It may not be empty.');
    return bounded(text);
  };
}

/** Says what would be done. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'say what would be done, or what refuses it, and change nothing');
}

/** Why something is done, for the audit trail. */
export function reasonOption(): Option {
  return new Option('--reason <text>', 'why, for the audit trail').argParser(textOf(4_096));
}

/** Reads a whole number above 0. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,9}$/.test(text) || count === 0) throw new InvalidArgumentError('It must be a whole number above 0.');
  return count;
}
