import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../../src/errors/appError.ts';
import { startFailure, tellingLine } from '../../../src/upstream/stdio/startFailure.ts';

const ended = new Unavailable('upstream-process-ended', 'It ended.', { data: { server: 's' } });
const silent = new Unavailable('upstream-timeout', 'It was silent.', { data: { server: 's' } });
const npx = { command: 'npx', args: ['-y', 'x'] };
const node = { command: '/usr/bin/node', args: ['x.js'] };

describe('the failure of a start', () => {
  it.each([
    ['npm error 404 Not Found - GET https://registry.npmjs.org/x - Not found\nnpm error code E404', /no such package/],
    ['npm error code EAI_AGAIN', /could not reach the network/],
    ["python: can't open file '/x.py': [Errno 2] No such file or directory", /file or module is missing/],
    ['ModuleNotFoundError: No module named mcp', /file or module is missing/],
    ['Error: listen EADDRINUSE: address already in use :::3000', /another program has/],
    ['Error: SLACK_BOT_TOKEN must be set', /variable of its environment/],
    ['something else', /run its command by hand/],
  ])('%j brings its remedy', (text, remedy) => {
    const failure = startFailure(ended, text.split('\n'), node);
    expect(failure).toMatchObject({ code: 'upstream-process-ended', message: expect.stringMatching(remedy) });
    expect(failure.data).toEqual({ server: 's', stderr: text.split('\n') });
  });

  it('of a silent program says what it may wait for', () => {
    const of = (command: typeof npx, ...printed: string[]) => startFailure(silent, printed, command).message;
    expect(of(npx)).toMatch(/npx may still be fetching the package/);
    expect(of(node)).toMatch(/does not speak MCP on its standard output/);
    expect(of(node, 'Listening on port 3000')).toMatch(/serve HTTP/);
    expect(of({ command: 'docker', args: ['run', '--rm', 'mcp/x'] })).toMatch(/docker run needs -i/);
    expect(of({ command: 'docker', args: ['run', '-i', '--rm', 'mcp/x'] })).toMatch(/docker may still be fetching/);
  });

  it('is told by the line that says most', () => {
    const crash = [
      'node:internal/modules:1',
      'throw err;',
      '^',
      'Error: Cannot find module x',
      'at f (x:1)',
      '}',
      'Node.js v24.1.0',
    ];
    expect(tellingLine(crash)).toBe('Error: Cannot find module x');
    expect(tellingLine(['Traceback (most recent call last):', 'File "x", line 1', "KeyError: 'TOKEN'"])).toBe(
      "KeyError: 'TOKEN'",
    );
    expect(tellingLine(['one', 'two'])).toBe('two');
    expect(tellingLine([])).toBeUndefined();
  });
});
