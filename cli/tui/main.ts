// First: it holds for what is loaded after it.
import './yogaWithoutFetch.ts';
import { render } from 'ink';
import { createElement } from 'react';
import { withCliName } from '../../src/cliName.ts';
import { VERSION } from '../../src/version.ts';
import type { Surroundings } from '../surroundings.ts';
import { App } from './app.ts';
import { createDrawing } from './drawing/drawing.ts';
import { terminalSize } from './drawing/terminalSize.ts';
import { screenLines } from './frame/frameLines.ts';
import type { LeaveEffect, Tools } from './frame/model.ts';
import { initialState } from './frame/state.ts';
import { createTuiPaint } from './frame/text/style.ts';
import { INK_OPTIONS } from './inkOptions.ts';
import { editText, type Suspend } from './loop/editText.ts';
import { createLoop } from './loop/loop.ts';
import { createPerform } from './loop/perform.ts';
import { onSignals } from './loop/signals.ts';
import { watch } from './loop/watch.ts';
import type { OpeningScreen } from './opening/openingScreen.ts';
import { PANES } from './panes/panes.ts';
import { EVERYWHERE } from './screens/everywhere.ts';

/** How long the stores may take to close: the user waits for nothing that they wait for. */
const CLOSE_MS = { calm: 10_000, urgent: 300 };

/** Runs the TUI until the user leaves it. @param opening has the terminal until then @returns the exit code */
export async function runTui(
  tools: Tools,
  { stdin, stdout, stderr, env, cwd, programName }: Surroundings,
  opening: OpeningScreen,
): Promise<number> {
  const left = Promise.withResolvers<LeaveEffect>();
  const suspending = Promise.withResolvers<Suspend>();
  const perform = createPerform({
    ...tools,
    editText: async (text) => editText(text, env, await suspending.promise),
    surroundings: { env, cwd },
    programName,
    leave: left.resolve,
    write: (text) => void stdout.write(text),
  });
  const initial = initialState({
    version: VERSION,
    cwd,
    programName,
    nowMs: Date.now(),
    size: terminalSize(stdout),
    panes: PANES,
    everywhere: EVERYWHERE,
  });
  const loop = createLoop(initial, perform);
  // Before Ink, which would end at once on a signal.
  using _signals = onSignals((code) => loop.dispatch({ type: 'signalled', code }));
  // A terminal that has gone away can be neither read nor written.
  const gone = () => loop.dispatch({ type: 'signalled', code: 129 });
  stdin.once('end', gone).once('error', gone);
  stdout.on('error', gone);
  const isScreenReaderEnabled = env['INK_SCREEN_READER'] === 'true';
  const picture = opening.handOver();
  const paint = createTuiPaint(stdout, env);
  const faulty = Promise.withResolvers<never>();
  const drawing = createDrawing(() => {
    if (!isScreenReaderEnabled) picture.draw(screenLines(loop.state, paint));
  }, faulty.reject);
  const onSuspend = (suspend: Suspend): void =>
    suspending.resolve((whileAway) => {
      // What the other program has left is not ours.
      picture.forget();
      return drawing.pauseWhile(suspend(whileAway));
    });
  const app = createElement(App, { loop, onSuspend });
  const instance = render(app, { stdin, stdout, ...INK_OPTIONS, isScreenReaderEnabled });
  // Terminals empty the alternate screen when it is entered once more, or when they get another size.
  picture.forget();
  stdout.on('resize', picture.forget);
  loop.subscribe(drawing.request);
  drawing.request();
  let end;
  try {
    loop.dispatch({ type: 'started' });
    const feeds = loop.state.panes.flatMap((pane) => pane.feeds ?? []);
    using _watching = watch(tools, feeds, loop.dispatch);
    // Of what a screen reader says, Ink ends with the fault.
    end = await Promise.race([left.promise, faulty.promise, instance.waitUntilExit().then(() => left.promise)]);
  } finally {
    // Nothing may be drawn where the terminal is the user's again.
    drawing[Symbol.dispose]();
    instance.unmount();
    await instance.waitUntilExit().catch(() => undefined);
  }
  for (const message of end.messages) stderr.write(`${withCliName(message, programName)}\n`);
  const { code } = end;
  setTimeout(() => process.exit(code), end.isUrgent ? CLOSE_MS.urgent : CLOSE_MS.calm).unref();
  return code;
}
