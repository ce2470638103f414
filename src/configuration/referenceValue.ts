import type { Origin } from './delivery.ts';
import type { Reference } from './reference.ts';

/** What a reference stands for. */
export type Value =
  | {
      readonly text: string;
      /** Undefined for what a person has typed, or the file has as a default. */
      readonly origin: Origin | undefined;
      /** The file calls it a password, whatever its name is. (Default: false) */
      readonly isSecret?: boolean;
    }
  /** There is something, and it is not given away or can’t be read; `refusal` ends a sentence about the reference. */
  | { readonly refusal: string; readonly code: 'own-secret' | 'reference-unresolved' };

/** Finds what a reference stands for; undefined when nothing does. */
export type ValueOf = (reference: Reference) => Value | undefined;

/** Why something can’t be done; `message` is half a sentence without secrets. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}
