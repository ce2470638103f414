import { expect, it } from 'vitest';
import { fromOutput } from '../../src/errors/systemError.ts';

it('a failure that a program has printed is told by its last line, without what the program asks for', () => {
  const output = [
    'running bootstrap script ... ok',
    'backend> backend> 2026-11-30 UTC [1] FATAL:  could not write to file "a": No space left on device',
    'child process exited with exit code 1',
  ].join('\n');
  expect(fromOutput(output, '/srv/state')).toMatchObject({
    code: 'no-space',
    message: expect.stringContaining('/srv/state'),
    cause: { message: '2026-11-30 UTC [1] FATAL:  could not write to file "a": No space left on device' },
  });
  expect(fromOutput('child process exited with exit code 1', '/srv/state')).toBeUndefined();
});
