import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();

/** Registers a shell script as a server. */
async function addScript(name: string, script: string): Promise<void> {
  const file = join(cli.folder, `${name}.sh`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  expect((await cli.run(['servers', 'add', name, '--', file])).code).toBe(0);
}

describe('servers test of a program that can’t serve', () => {
  it('fails with what the program has printed, and with what to do [cli-failing-programs]', async () => {
    const cases = {
      crashing: {
        script: `echo "Error: Cannot find module '/srv/x.js'" >&2; echo '    at Module._load' >&2; echo 'Node.js v24.1.0' >&2; exit 3`,
        message: /ended with exit code 3: Error: Cannot find module '\/srv\/x\.js'\. A file or module is missing/,
        lines: ["Error: Cannot find module '/srv/x.js'", 'at Module._load', 'Node.js v24.1.0'],
      },
      keyless: {
        script: 'read -r first; echo "GITHUB_TOKEN is not set" >&2; exit 1',
        message: /GITHUB_TOKEN is not set\. It seems to want a variable of its environment/,
        lines: ['GITHUB_TOKEN is not set'],
      },
      usage: {
        script: 'echo "Usage: tool [options] stdio"; exit 2',
        message: /Its arguments are not what it takes/,
        lines: ['stdout: Usage: tool [options] stdio'],
      },
      mute: { script: 'exit 0', message: /exit code 0\. It printed nothing/, lines: undefined },
    };
    for (const [name, { script, message, lines }] of Object.entries(cases)) {
      await addScript(name, script);
      const { code, document } = await cli.json(['servers', 'test', name, '--timeout', '5m']);
      expect({ name, ...document.error }).toMatchObject({
        name,
        code: 'upstream-process-ended',
        message: expect.stringMatching(message),
        data: lines === undefined ? expect.not.objectContaining({ stderr: [] }) : { stderr: lines },
      });
      expect(code).toBe(1);
    }
    const { stderr } = await cli.run(['servers', 'test', 'crashing']);
    expect(stderr).toMatch(/^error: .*\nIt printed at last:\n {2}Error: Cannot find module .*\n {2}at Module\._load\n/);
  });

  it('says so where there is no such program [cli-failing-programs]', async () => {
    await cli.run(['servers', 'add', 'missing', '--', 'no-such-program']);
    const { code, stderr } = await cli.run(['servers', 'test', 'missing', '--timeout', '5m']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/there is no no-such-program in PATH .* Install it, or configure its full path\./);
  });

  it('shows what a silent one has printed, and that it waits for it [cli-failing-programs]', async () => {
    await addScript('silent', 'echo "Server running on http://localhost:3000" >&2; exec sleep 600');
    const { code, stderr } = await cli.run(['servers', 'test', 'silent', '--timeout', '3s'], { columns: 100 });
    expect(code).toBe(1);
    expect(stderr).toContain('Waiting for the server silent ... 0 s: Server running on http://localhost:3000');
    expect(stderr).toContain('did not answer within 3s. It seems to serve HTTP: register its URL');
    expect(stderr).toMatch(/It printed at last:\n {2}Server running on/);
  });
});
