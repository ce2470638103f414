import { PAGE } from '../../cli/tui/frame/lists/window.ts';
import type { Action, Effect, Job, JobKind, Pane, State } from '../../cli/tui/frame/model.ts';
import { reduce } from '../../cli/tui/frame/reduce.ts';
import { initialState } from '../../cli/tui/frame/state.ts';
import { KEY_PAGE } from '../../cli/tui/panes/keys/read.ts';
import { PANES } from '../../cli/tui/panes/panes.ts';
import { EVERYWHERE } from '../../cli/tui/screens/everywhere.ts';
import type { KeyOnScreen } from '../../src/projections/tables/keyLists.ts';

export const NOW = Date.parse('2026-11-01T12:00:00Z');

/** A key as the read table has it. */
export function keyRow(at: number, more: Partial<KeyOnScreen> = {}): KeyOnScreen {
  return {
    id: `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`,
    name: `key ${at}`,
    description: null,
    owner: null,
    tags: [],
    status: 'active',
    scopes: ['mcp'],
    limits: [],
    networks: [],
    credentials: [],
    grants: ['*'],
    roles: [],
    expiresAt: null,
    rotatedFrom: null,
    successorId: null,
    validUntil: null,
    createdAt: new Date(NOW),
    createdBy: 'cli:someone@somewhere',
    updatedAt: new Date(NOW),
    revision: 0,
    fault: null,
    ...more,
  };
}

/** The state at the start. */
export function startState(size = { columns: 80, rows: 24 }, panes: readonly Pane[] = PANES): State {
  return initialState({ version: '1.2.3', nowMs: NOW, size, panes, everywhere: EVERYWHERE });
}

/** What a job works on, if it is of this kind. */
export function inputOf<Input>(kind: JobKind<Input>, job: Job | undefined): Input | undefined {
  return job?.kind === kind ? (job.input as Input) : undefined;
}

/** What the first job of a kind among effects works on. */
export function inputIn<Input>(kind: JobKind<Input>, effects: readonly Effect[]): Input | undefined {
  return inputsIn(kind, effects)[0];
}

/** What the jobs of a kind among effects work on. */
export function inputsIn<Input>(kind: JobKind<Input>, effects: readonly Effect[]): readonly Input[] {
  return effects.flatMap((effect) => {
    const input = effect.effect === 'work' ? inputOf(kind, effect.job) : undefined;
    return input === undefined ? [] : [input];
  });
}

/** Keys on the screen, without a database: the reducer and its effects. */
export class TuiByHand {
  state: State;
  readonly rows: KeyOnScreen[];
  effects: Effect[] = [];

  constructor(rows: KeyOnScreen[], size = { columns: 80, rows: 24 }, panes: readonly Pane[] = PANES) {
    this.rows = rows;
    this.state = startState(size, panes);
    this.dispatch({ type: 'started' });
  }

  /** Takes an action, and answers what it asks of the list of keys. */
  dispatch(action: Action): readonly Effect[] {
    const [state, effects] = reduce(this.state, action);
    this.state = state;
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.effect !== 'read' || effect.source !== KEY_PAGE) continue;
      const { source, query } = effect;
      const { filter, page, generation } = query as Parameters<typeof KEY_PAGE.read>[1];
      const matching = this.rows.filter(({ name }) => name.includes(filter));
      const rows = matching.slice(page * PAGE, (page + 1) * PAGE);
      const result = { filter, page, generation, rows, total: matching.length };
      this.dispatch({ type: 'read', source, query, result });
    }
    return effects;
  }

  /** Makes keystrokes, by their names. */
  press(...keystrokes: readonly string[]): readonly Effect[] {
    return keystrokes.flatMap((keystroke) => this.dispatch({ type: 'keystroke', keystroke }));
  }

  type(text: string): void {
    this.press(...text);
  }
}
