import { z } from 'zod';
import { DESCRIPTION, faultOfText, KEY_NAME, OWNER, REASON, TITLE, type TextRule } from './textRule.ts';

// Texts that people write, in schemas. Messages are ends of sentences: “its title …”.

/** Bytes of UTF-8 of a text that an index holds: PostgreSQL's index rows end at 2,704. */
export const MAX_INDEXED_BYTES = 1_000;

/** A text of `max` UTF-16 units at most that can be stored. */
export function textSchema(max: number) {
  return schemaOf({ max, mayBeBlank: true });
}

/** As `textSchema`, and not blank. */
export function nameSchema(max: number) {
  return schemaOf({ max, mayBeBlank: false });
}

export const keyNameSchema = schemaOf(KEY_NAME);
export const ownerSchema = schemaOf(OWNER);
export const titleSchema = schemaOf(TITLE);
export const descriptionSchema = schemaOf(DESCRIPTION);
export const reasonSchema = schemaOf(REASON);

function schemaOf(rule: TextRule) {
  return z
    .string()
    .refine((written) => faultOfText(rule, written) === undefined, {
      error: ({ input }) => faultOfText(rule, input as string),
    })
    .meta({ maxLength: rule.max });
}
