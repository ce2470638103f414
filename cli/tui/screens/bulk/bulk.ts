import type { ScreenName, State } from '../../frame/model.ts';
import type { Change } from '../change/change.ts';

/** A key or server that is one of many to be changed. */
export interface Subject {
  readonly id: string;
  readonly name: string;
}

/** The same change of many keys or servers. Each is a command of its own. */
export interface Bulk {
  /** As in: Inactivate 3 keys. */
  readonly title: string;
  /** Lowercase, as in: keys. */
  readonly what: string;
  readonly subjects: readonly Subject[];
  readonly changeOf: (subject: Subject) => Change;
  /** Takes the marks of those that were changed away. */
  readonly unmark: (state: State, ids: readonly string[]) => State;
}

/** What would become of one of them. */
export interface Planned {
  readonly subject: Subject;
  readonly effect: 'change' | 'nothing' | 'refused';
  readonly text: string;
}

export interface Plan {
  readonly bulk: Bulk;
  readonly planned: readonly Planned[];
  /** The work that carries it out. */
  readonly work: number | undefined;
}

export const PLAN: ScreenName<Plan> = { name: 'plan' };
