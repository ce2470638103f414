import { PassThrough } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { App } from '../../cli/tui/app.ts';
import type { Action, Health } from '../../cli/tui/frame/model.ts';
import { createTuiPaint } from '../../cli/tui/frame/text/style.ts';
import { INK_OPTIONS } from '../../cli/tui/inkOptions.ts';
import type { Loop } from '../../cli/tui/loop/loop.ts';
import { keyRow, NOW, TuiByHand } from './stateWorld.ts';

/** Bytes that a key press may write: over a slow line they are what one waits for. */
const MAX_BYTES = 2_048;
/** ECMA-48, 8.3.39 and xterm: the whole screen, or what was scrolled off it. */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const CLEARS = /\u001b\[[23]?J|\u001bc/;

/** The screen as Ink writes it to a terminal of 120 × 40, over 10,000 keys. */
function open() {
  const rows = Array.from({ length: 10_000 }, (_, at) => keyRow(at));
  const tui = new TuiByHand(rows, { columns: 120, rows: 40 });
  const listeners = new Set<() => void>();
  const dispatch = (action: Action) => {
    const before = tui.state;
    tui.dispatch(action);
    if (tui.state !== before) for (const listener of listeners) listener();
  };
  const loop: Loop = {
    get state() {
      return tui.state;
    },
    dispatch,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const nothing = () => undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: nothing, ref: nothing, unref: nothing });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 40 });
  let written = '';
  stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const streams = { stdin: stdin as unknown as NodeJS.ReadStream, stdout: stdout as unknown as NodeJS.WriteStream };
  const instance = render(createElement(App, { loop, paint: createTuiPaint(stdout, {}) }), {
    ...INK_OPTIONS,
    patchConsole: false,
    ...streams,
  });
  return {
    dispatch,
    /** What is written for one frame: it ends with the end of a synchronized update. */
    async frame(act: () => void): Promise<string> {
      written = '';
      act();
      while (!written.includes('\u001b[?2026l')) await new Promise(setImmediate);
      return written;
    },
    end: () => instance.unmount(),
  };
}

let tui: ReturnType<typeof open>;
beforeAll(async () => {
  tui = open();
  await tui.frame(() => press('j'));
});
afterAll(() => tui.end());

const press = (keystroke: string) => tui.dispatch({ type: 'keystroke', keystroke });
const HEALTH: Health = { database: 'up', eventStore: 'up', gateway: 'up', lagMs: 0, stopped: undefined };

describe('what the terminal gets', () => {
  it('is at most 2 KB for a key press that moves, and never clears the screen [tui-budgets]', async () => {
    for (const keystroke of ['j', 'j', 'k', 'j']) {
      const move = await tui.frame(() => press(keystroke));
      expect(move.length).toBeLessThanOrEqual(MAX_BYTES);
      expect(move).not.toMatch(CLEARS);
    }
    expect(await tui.frame(() => press('G'))).not.toMatch(CLEARS);
    expect((await tui.frame(() => press('k'))).length).toBeLessThanOrEqual(MAX_BYTES);
    for (const keystroke of ['?', 'esc', '2', '1', 'c', 'esc']) {
      expect(await tui.frame(() => press(keystroke))).not.toMatch(CLEARS);
    }
  });

  it('is nothing while nothing happens: the clock and the same health again write nothing [tui-budgets]', async () => {
    await tui.frame(() => tui.dispatch({ type: 'healthRead', health: HEALTH }));
    const [moved, after] = [
      await tui.frame(() => press('j')),
      await tui.frame(() => {
        for (let second = 1; second <= 4; second += 1) tui.dispatch({ type: 'ticked', nowMs: NOW + second * 1_000 });
        tui.dispatch({ type: 'healthRead', health: { ...HEALTH } });
        press('k');
      }),
    ];
    expect(Math.abs(after.length - moved.length)).toBeLessThan(64);
    const hand = new TuiByHand([]);
    hand.dispatch({ type: 'healthRead', health: HEALTH });
    const before = hand.state;
    hand.dispatch({ type: 'healthRead', health: { ...HEALTH } });
    expect(hand.state).toBe(before);
  });
});
