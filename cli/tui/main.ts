import { render } from 'ink';
import { createElement } from 'react';
import { VERSION } from '../../src/version.ts';
import type { Surroundings } from '../surroundings.ts';
import { createEffects } from './effects/effects.ts';
import type { Tools } from './effects/tools.ts';
import { watch } from './effects/watching.ts';
import { createProgram } from './program.ts';
import { onSignals } from './signals.ts';
import type { Effect } from './state/effect.ts';
import { initialState } from './state/state.ts';
import { createTuiPaint } from './style.ts';
import { App } from './views/app.ts';

type Opened = Pick<Tools, 'stores' | 'config'>;

/** How long stores may take to close: what they wait for is nothing that the user waits for. */
const CLOSE_MS = { calm: 10_000, urgent: 300 };

/** Runs the TUI until the user leaves it. @returns the exit code */
export async function runTui(
  { stores, config }: Opened,
  { stdin, stdout, stderr, env }: Surroundings,
): Promise<number> {
  const left = Promise.withResolvers<Extract<Effect, { effect: 'leave' }>>();
  const carryOut = createEffects({ stores, config, leave: left.resolve, write: (text) => void stdout.write(text) });
  const rows = 'rows' in stdout && typeof stdout.rows === 'number' ? stdout.rows : 24;
  const size = { columns: stdout.columns ?? 80, rows };
  const program = createProgram(initialState({ version: VERSION, nowMs: Date.now(), size }), carryOut);
  // Before Ink, which would end at once on a signal.
  using _signals = onSignals((status) => program.dispatch({ type: 'signalled', code: status }));
  // A terminal that has gone away can be neither read nor written.
  const gone = () => program.dispatch({ type: 'signalled', code: 129 });
  stdin.once('end', gone).once('error', gone);
  stdout.on('error', gone);
  const instance = render(createElement(App, { program, paint: createTuiPaint(stdout, env) }), {
    stdin,
    stdout,
    exitOnCtrlC: false,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    isScreenReaderEnabled: env['INK_SCREEN_READER'] === 'true',
    maxFps: 60,
  });
  let end;
  try {
    program.dispatch({ type: 'started' });
    using _watching = watch({ stores, config }, program.dispatch);
    // A fault while drawing ends Ink with the error.
    end = await Promise.race([left.promise, instance.waitUntilExit().then(() => left.promise)]);
  } finally {
    instance.unmount();
    await instance.waitUntilExit().catch(() => undefined);
  }
  for (const words of end.farewell) stderr.write(`${words}\n`);
  const { code } = end;
  setTimeout(() => process.exit(code), end.isUrgent ? CLOSE_MS.urgent : CLOSE_MS.calm).unref();
  return code;
}
