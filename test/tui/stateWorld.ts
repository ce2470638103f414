import { reduce } from '../../cli/tui/state/reduce.ts';
import type { Action } from '../../cli/tui/state/action.ts';
import type { Effect } from '../../cli/tui/state/effect.ts';
import { initialState, type State } from '../../cli/tui/state/state.ts';
import { PAGE } from '../../cli/tui/state/window.ts';
import type { KeyOnScreen } from '../../src/projections/tables/keyWindow.ts';

export const NOW = Date.parse('2026-11-01T12:00:00Z');

/** A key as the read table has it. */
export function keyRow(at: number, more: Partial<KeyOnScreen> = {}): KeyOnScreen {
  return {
    id: `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`,
    name: `key ${at}`,
    description: null,
    status: 'active',
    scopes: ['mcp'],
    grants: ['*'],
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

/** Keys on the screen, without a database: the reducer and what it wants done. */
export class TuiByHand {
  state: State;
  readonly rows: KeyOnScreen[];
  effects: Effect[] = [];

  constructor(rows: KeyOnScreen[], size = { columns: 80, rows: 24 }) {
    this.rows = rows;
    this.state = initialState({ version: '1.2.3', nowMs: NOW, size });
    this.dispatch({ type: 'started' });
  }

  /** Takes an action, and answers what it asks of the list of keys. */
  dispatch(action: Action): readonly Effect[] {
    const [state, effects] = reduce(this.state, action);
    this.state = state;
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.effect !== 'readKeys') continue;
      const { filter, page, generation } = effect;
      const matching = this.rows.filter(({ name }) => name.includes(filter));
      const rows = matching.slice(page * PAGE, (page + 1) * PAGE);
      this.dispatch({ type: 'keysRead', read: { filter, page, generation, rows, total: matching.length } });
    }
    return effects;
  }

  /** Presses keys by their names. */
  press(...keys: readonly string[]): readonly Effect[] {
    return keys.flatMap((key) => this.dispatch({ type: 'key', key }));
  }

  type(text: string): void {
    this.press(...text);
  }
}
