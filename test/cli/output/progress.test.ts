import { expect, it } from 'vitest';
import { whileWaiting } from '../../../cli/output/progress.ts';
import { Recorder } from '../inProcess.ts';

it('a long wait is explained on a terminal, and the line is cleared when it is over', async () => {
  const terminal = new Recorder(80);
  const written = Promise.withResolvers<undefined>();
  terminal.once('written', written.resolve);
  expect(
    await whileWaiting(
      terminal,
      written.promise.then(() => 'done'),
      0,
    ),
  ).toBe('done');
  expect(terminal.text).toBe('Opening the stores …\r\u001b[K');
});

it('a short wait, and one that nobody watches, goes without a word', async () => {
  const terminal = new Recorder(80);
  await whileWaiting(terminal, Promise.resolve(), 60_000);
  const pipe = new Recorder();
  const later = new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await whileWaiting(pipe, later, 0);
  expect(terminal.text + pipe.text).toBe('');
});
