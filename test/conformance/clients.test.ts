import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { SUITE } from '../support/conformance.ts';

/**
 * The suite's scenarios of clients that concern a connection with a server, and the revisions in which each is run. Left out are those
 * of authorization (credentials of servers are configured), and those of what hosts do with the skills that they have got.
 */
const SCENARIOS = {
  initialize: ['2025-11-25'],
  tools_call: ['2025-11-25', '2026-07-28'],
  'elicitation-sep1034-client-defaults': ['2025-11-25'],
  'sse-retry': ['2025-11-25'],
  'request-metadata': ['2026-07-28'],
  'sep-2322-client-request-state': ['2026-07-28'],
  'http-standard-headers': ['2026-07-28'],
  'http-custom-headers': ['2026-07-28'],
  'http-invalid-tool-headers': ['2026-07-28'],
  'json-schema-ref-no-deref': ['2026-07-28'],
  'json-schema-2020-12-preservation': ['2025-11-25', '2026-07-28'],
};
const CASES = Object.entries(SCENARIOS).flatMap(([scenario, revisions]) =>
  revisions.map((revision) => ({ scenario, revision })),
);

/** How long the suite lets the command run, which starts a gateway: generous, since a slow machine must not fail a test. */
const PATIENCE_MS = '300000';

const PROGRAM = join(import.meta.dirname, 'clientBehindGateway.ts');

// No paragraph makes any of these checks impossible between the eras: there are no differences.
describe.each(['legacy', 'modern'])('the official client of the %s era, with a gateway between', (era) => {
  test.each(CASES)('has no fault in $scenario of $revision [bridge-conformance]', async ({ scenario, revision }) => {
    const serverEra = revision === '2026-07-28' ? 'modern' : 'legacy';
    // The suite runs the command in a shell.
    const command = `"${process.execPath}" "${PROGRAM}" ${era} ${serverEra}`;
    const args = [
      'client',
      '--command',
      command,
      '--scenario',
      scenario,
      '--spec-version',
      revision,
      '--timeout',
      PATIENCE_MS,
    ];
    const child = spawn(process.execPath, [SUITE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect(output + errors).toMatch(/Passed: ([1-9]\d*)\/\1, 0 failed, 0 warnings/);
    expect(child.exitCode, output + errors).toBe(0);
  });
});
