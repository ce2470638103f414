import type { ReadStream, WriteStream } from 'node:tty';
import { render } from 'ink';
import { createElement } from 'react';
import { VERSION } from '../../src/version.ts';
import type { Cli } from '../cli.ts';
import type { Surroundings } from '../surroundings.ts';
import { createEffects } from './effects/effects.ts';
import { createProgram } from './program.ts';
import { initialState } from './state/state.ts';
import { createTuiPaint } from './style.ts';
import { App } from './views/app.ts';

/** How often the clock of the screen moves. */
const TICK_MS = 1_000;

/** Runs the TUI until the user leaves it. @returns the exit code @throws Unavailable when a store can't be opened */
export async function runTui(cli: Cli, { stdin, stdout, env }: Surroundings): Promise<number> {
  const terminal = stdout as WriteStream;
  return cli.withStores(async ({ stores, config }) => {
    const left = Promise.withResolvers<number>();
    const carryOut = createEffects({ stores, config, write: (text) => terminal.write(text), leave: left.resolve });
    const size = { columns: terminal.columns, rows: terminal.rows };
    const program = createProgram(initialState({ version: VERSION, nowMs: Date.now(), size }), carryOut);
    const instance = render(createElement(App, { program, paint: createTuiPaint(stdout, env) }), {
      stdin: stdin as ReadStream,
      stdout: terminal,
      exitOnCtrlC: false,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      isScreenReaderEnabled: env['INK_SCREEN_READER'] === 'true',
      maxFps: 60,
    });
    const clock = setInterval(() => program.dispatch({ type: 'ticked', nowMs: Date.now() }), TICK_MS);
    try {
      program.dispatch({ type: 'started' });
      // A fault while drawing ends Ink with the error.
      return await Promise.race([left.promise, instance.waitUntilExit().then(() => left.promise)]);
    } finally {
      clearInterval(clock);
      instance.unmount();
      await instance.waitUntilExit().catch(() => undefined);
    }
  });
}
