import { isStorable } from './storable.ts';

// What texts that people write may be. Every face that takes one asks here: by a schema (text.ts), or without zod, which takes as long to
// load as most commands of the CLI take.

/** What a text may be. */
export interface TextRule {
  /** UTF-16 units. */
  readonly max: number;
  readonly mayBeBlank: boolean;
}

const text = (max: number): TextRule => ({ max, mayBeBlank: true });
const name = (max: number): TextRule => ({ max, mayBeBlank: false });

/** What a key is called. */
export const KEY_NAME = name(256);
/** Who answers for a key: an address, a name, a team. */
export const OWNER = name(256);
/** What a server is called by people. */
export const TITLE = text(256);
/** What something is for. */
export const DESCRIPTION = text(4_096);
/** Why something is done. */
export const REASON = text(4_096);

/** Says what is wrong with a text, as the end of a sentence: “its title …”; undefined: nothing. */
export function faultOfText({ max, mayBeBlank }: TextRule, written: string): string | undefined {
  if (written.length > max) return `may have ${max} characters at most`;
  if (!isStorable(written)) return 'has a character in it that can’t be stored';
  return mayBeBlank || written.trim() !== '' ? undefined : 'may not be blank';
}
