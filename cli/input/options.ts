import { InvalidArgumentError, Option } from 'commander';
import { faultOfText, REASON, type TextRule } from '../../src/events/textRule.ts';

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

/** Makes a parser for texts that have a rule. */
export function asText(rule: TextRule): (text: string) => string {
  return asFaultless((text) => faultOfText(rule, text));
}

/** Makes a parser for texts. @param faultOf what is wrong, as the end of a sentence */
export function asFaultless(faultOf: (text: string) => string | undefined): (text: string) => string {
  return (text) => {
    const fault = faultOf(text);
    if (fault !== undefined) throw new InvalidArgumentError(`It ${fault}.`);
    return text;
  };
}

/** Makes a parser for what has a name elsewhere, such as a file: not blank, not longer than `max` characters. */
export function nameOf(max: number): (text: string) => string {
  return asText({ max, mayBeBlank: false });
}

/** `--dry-run`. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'say what would be done, or what refuses it, and change nothing');
}

/** `--reason`, for the audit trail. */
export function reasonOption(): Option {
  return new Option('--reason <text>', 'why, for the audit trail').argParser(asText(REASON));
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
