import { Refused } from '../../../src/errors/appError.ts';
import { describeError, formatError } from '../../errorReport.ts';
import type { Effect } from '../state/effect.ts';
import { runJob } from './jobs.ts';
import { readHistory, readThen, readTrail } from './readHistory.ts';
import { readKeys, readKeyUsage, readServers } from './readLists.ts';
import { readUsage } from './readUsage.ts';
import type { Dispatch, Tools } from './tools.ts';

/** Makes what carries out the reducer's wishes: the only part of the TUI that does anything. */
export function createEffects(tools: Tools): (effect: Effect, dispatch: Dispatch) => void {
  const { stores } = tools;
  const cancels = new Map<number, AbortController>();

  async function carryOut(effect: Effect, dispatch: Dispatch): Promise<void> {
    switch (effect.effect) {
      case 'readKeys':
        dispatch({ type: 'keysRead', read: await readKeys(stores, effect) });
        return;
      case 'readServers':
        dispatch({ type: 'serversRead', read: await readServers(stores, effect) });
        return;
      case 'readKeyUsage':
        dispatch({ type: 'keyUsageRead', usage: await readKeyUsage(stores, effect.ids) });
        return;
      case 'readHistory':
        dispatch({ type: 'historyRead', ...(await readHistory(stores, effect.stream)) });
        return;
      case 'readTrail':
        dispatch({ type: 'trailRead', read: await readTrail(stores, effect) });
        return;
      case 'readThen': {
        const { stream, atMs } = effect;
        dispatch({ type: 'thenRead', stream, atMs, then: await readThen(stores, stream, atMs) });
        return;
      }
      case 'readUsage':
        dispatch({ type: 'usageRead', read: await readUsage(stores, effect) });
        return;
      case 'run':
      case 'test':
      case 'browse':
      case 'callTool': {
        const { work } = effect;
        const controller = new AbortController();
        cancels.set(work, controller);
        const tell = (says: string) => dispatch({ type: 'progressed', work, says });
        const outcome = await runJob(tools, effect, controller.signal, tell);
        cancels.delete(work);
        dispatch({ type: 'settled', work, outcome });
        if (effect.effect === 'run') dispatch({ type: 'changed' });
        return;
      }
      case 'cancel':
        cancels.get(effect.work)?.abort(cancelled());
        return;
      case 'copy':
        tools.write(copySequence(effect.text));
        return;
      case 'leave':
        for (const controller of cancels.values()) controller.abort(cancelled());
        tools.leave(effect);
    }
  }

  return (effect, dispatch) => {
    carryOut(effect, dispatch).catch((error: unknown) =>
      dispatch({ type: 'failed', text: formatError(describeError(error)) }),
    );
  };
}

/** The reason goes with the signal: what went wrong before is not called a cancellation. */
function cancelled(): Refused {
  return new Refused('cancelled', 'It was cancelled.');
}

/** Asks the terminal to take a text into the clipboard, also over ssh (xterm, OSC 52). */
function copySequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
