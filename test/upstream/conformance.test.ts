import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { SUITE } from '../support/conformance.ts';

// Left out of the suite's client scenarios: authorization (headers are configured, not negotiated) and what needs a
// client with capabilities (elicitation, requestState).
const SCENARIOS = [
  'initialize',
  'tools_call',
  'sse-retry',
  'request-metadata',
  'http-standard-headers',
  'http-custom-headers',
  'http-invalid-tool-headers',
  'json-schema-ref-no-deref',
  'json-schema-2020-12-preservation',
];

const client = join(import.meta.dirname, 'conformanceClient.ts');

describe('the conformance suite, playing the server,', () => {
  it.each(SCENARIOS)('finds no fault in the scenario %s', async (scenario) => {
    // The suite runs the command in a shell.
    const command = `"${process.execPath}" "${client}"`;
    const child = spawn(process.execPath, [SUITE, 'client', '--command', command, '--scenario', scenario], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect(output + errors).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/);
    expect(child.exitCode).toBe(0);
  });
});
