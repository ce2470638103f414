import { z } from 'zod';
import { isStorable } from './storable.ts';

// Texts that people write. Every face that takes one asks here. Messages are ends of sentences: “its title …”.

/** Bytes of UTF-8 of a text that an index holds: PostgreSQL's index rows end at 2,704. */
export const MAX_INDEXED_BYTES = 1_000;

/** A text of `max` UTF-16 units at most that can be stored. */
export function textSchema(max: number) {
  return z
    .string()
    .max(max, `may have ${max} characters at most`)
    .refine(isStorable, 'has a character in it that can’t be stored');
}

/** As `textSchema`, and not blank. */
export function nameSchema(max: number) {
  return textSchema(max).refine((text) => text.trim() !== '', 'may not be blank');
}

/** What a key is called. */
export const keyNameSchema = nameSchema(256);
/** Who answers for a key: an address, a name, a team. */
export const ownerSchema = nameSchema(256);
/** What a server is called by people. */
export const titleSchema = textSchema(256);
/** What something is for. */
export const descriptionSchema = textSchema(4_096);
/** Why something is done. */
export const reasonSchema = textSchema(4_096);
