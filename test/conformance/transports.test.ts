import { afterAll, beforeAll, describe, test } from 'vitest';
import { runConformance } from '../support/conformance.ts';
import { putBehindGateway, type BehindGateway } from './behindGateway.ts';
import { expectComplete, REVISIONS } from './revisions.ts';

const [LEGACY, MODERN] = REVISIONS;
/** Only HTTP lets a server close the stream of an answer midway, which one check of `server-sse-polling` looks for. */
const LEGACY_ALONE = { ...LEGACY, checks: LEGACY.checks - 1 };

describe.each([
  { transport: 'stdio', revisions: [LEGACY_ALONE, MODERN] },
  // The transport has the legacy era only.
  { transport: 'sse', revisions: [LEGACY_ALONE] },
] as const)('the fixture server, asked through the gateway over $transport', ({ transport, revisions }) => {
  let behind: BehindGateway;
  beforeAll(async () => {
    behind = await putBehindGateway(transport);
  });
  afterAll(() => behind[Symbol.asyncDispose]());

  test.each(revisions)('conforms to $revision [mcp-conformance]', async ({ revision, ...expected }) => {
    expectComplete(await runConformance(behind.single, revision), expected);
  });
});
