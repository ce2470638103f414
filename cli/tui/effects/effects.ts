import type { Config } from '../../../src/config.ts';
import { listStreamHistory } from '../../../src/projections/auditEvents.ts';
import { countKeys, listKeyWindow } from '../../../src/projections/keyWindow.ts';
import { countServers, listServerWindow } from '../../../src/projections/serverWindow.ts';
import type { Stores } from '../../../src/stores.ts';
import { describeError, formatError } from '../../errorReport.ts';
import type { Action } from '../state/action.ts';
import type { Effect } from '../state/effect.ts';
import { PAGE, type PageWanted } from '../state/window.ts';
import { runCommand } from './runCommand.ts';

/** What effects work with. */
export interface Tools {
  readonly stores: Stores;
  readonly config: Config;
  /** Writes to the terminal, past Ink. */
  readonly write: (text: string) => void;
  readonly leave: (code: number) => void;
}

/** Events of one key that are shown; more is a history to be read with the CLI. */
const HISTORY = 500;

/** Makes what carries out the reducer's wishes: the only part of the TUI that does anything. */
export function createEffects(tools: Tools): (effect: Effect, dispatch: (action: Action) => void) => void {
  const { stores } = tools;

  async function carryOut(effect: Effect, dispatch: (action: Action) => void): Promise<void> {
    switch (effect.effect) {
      case 'readKeys': {
        const filter = { words: effect.filter, includeDeleted: effect.includeDeleted };
        const [rows, total] = await Promise.all([
          listKeyWindow(stores.db, { ...filter, ...place(effect) }),
          countKeys(stores.db, filter),
        ]);
        dispatch({ type: 'keysRead', read: { ...wanted(effect), rows, total } });
        return;
      }
      case 'readServers': {
        const [rows, total] = await Promise.all([
          listServerWindow(stores.db, { words: effect.filter, ...place(effect) }),
          countServers(stores.db, effect.filter),
        ]);
        dispatch({ type: 'serversRead', read: { ...wanted(effect), rows, total } });
        return;
      }
      case 'readHistory': {
        const rows = await listStreamHistory(stores.db, effect.stream, { limit: HISTORY });
        dispatch({ type: 'historyRead', stream: effect.stream, rows });
        return;
      }
      case 'run': {
        const outcome = await runCommand(tools, effect.command);
        dispatch({ type: 'settled', work: effect.work, outcome });
        dispatch({ type: 'changed' });
        return;
      }
      case 'copy':
        tools.write(copySequence(effect.text));
        return;
      case 'leave':
        tools.leave(effect.code);
    }
  }

  return (effect, dispatch) => {
    carryOut(effect, dispatch).catch((error: unknown) =>
      dispatch({ type: 'failed', text: formatError(describeError(error)) }),
    );
  };
}

function place({ page }: PageWanted): { offset: number; limit: number } {
  return { offset: page * PAGE, limit: PAGE };
}

function wanted({ filter, page, generation }: PageWanted): PageWanted {
  return { filter, page, generation };
}

/** Asks the terminal to take a text into the clipboard, also over ssh (xterm, OSC 52). */
function copySequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
