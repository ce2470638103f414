import { expect, test } from 'vitest';
import { CLI_HERE } from '../../src/cliName.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import { createLogger } from '../../src/logging/logger.ts';

const MESSAGE = 'The server is down. To look: metamcp-cli servers test github';

function logged(fields: object): unknown {
  const lines: string[] = [];
  createLogger('info', { write: (line) => void lines.push(line) }).warn(fields, 'a server failed');
  return JSON.parse(lines.join(''));
}

test('a remedy in the log names the CLI as its reader starts it', () => {
  const message = `The server is down. To look: ${CLI_HERE} servers test github`;
  expect(message).not.toBe(MESSAGE);
  const err = new Unavailable('upstream-unreachable', MESSAGE, { cause: new Error(MESSAGE) });
  expect(logged({ reason: MESSAGE, err })).toMatchObject({ reason: message, err: { message, cause: { message } } });
  expect(JSON.stringify(logged({ reason: MESSAGE, err }))).not.toMatch(/ metamcp-cli servers/);
});

test('what is no text stays as it is', () => {
  expect(logged({ reason: 7, err: 'refused' })).toMatchObject({ reason: 7, err: 'refused' });
});
