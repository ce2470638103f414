import type { Outcome } from './outcome.ts';

/** A key or a server, as far as its administrator can know it. */
export interface Subject<State, Command> {
  readonly kind: 'key' | 'server';
  /** Of a server its name, of a key its id. */
  readonly id: string;
  readonly stream: string;
  /** More than one after a command of unknown outcome. */
  states: readonly State[];
  /**
   * Its history was not whole when it was made invalid: `for good` or until it is activated again. Whatever else is said
   * of it then, it lets nobody in.
   */
  retired: 'no' | 'perhaps' | 'until reinstated' | 'for good';
  /** An operator or a stranger has spoilt its history: commands may be refused for that, and it lets nobody in. */
  spoilt: boolean;
  /** Grows when a command begins that may make it usable, and when it is known to be unusable again. */
  epoch: number;
  /** A revocation was confirmed, and nothing was begun since that takes it back. */
  revoked: boolean;
  /** Confirmed reports so far after which nothing of it may be under way. */
  closings: number;
  readonly apply: (state: State, command: Command) => State | 'refused';
}

/** Codes that say that the history is not whole. */
export const NOT_WHOLE: ReadonlySet<string> = new Set([
  'stream-hidden',
  'stream-removed',
  'stream-unreadable',
  'stream-retired',
  'stream-retired-for-good',
]);

/**
 * Takes in how a command ended. @returns what is wrong with that; undefined: nothing
 */
export function learn<State, Command>(
  subject: Subject<State, Command>,
  command: Command,
  outcome: Outcome,
): string | undefined {
  const { states, apply } = subject;
  const pairs = states.map((before) => ({ before, after: apply(before, command) }));
  const done = pairs.flatMap(({ after }) => (after === 'refused' ? [] : [after]));
  switch (outcome.result) {
    case 'done': {
      if (done.length === 0) return 'was done, although no state allows it';
      subject.states = distinct(done);
      return undefined;
    }
    case 'refused': {
      if (NOT_WHOLE.has(outcome.code)) {
        return subject.spoilt || subject.retired !== 'no'
          ? undefined
          : `was refused as ${outcome.code}, but nobody spoilt it`;
      }
      const allowed = pairs.filter(({ after }) => after === 'refused').map(({ before }) => before);
      if (allowed.length === 0) return `was refused as ${outcome.code}, although every state allows it`;
      subject.states = distinct(allowed);
      return undefined;
    }
    case 'not stored':
      return undefined;
    case 'unknown':
      subject.states = distinct([...states, ...done]);
      return undefined;
  }
}

export function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
