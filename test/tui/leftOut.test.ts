import { expect, it } from 'vitest';
import { describeFindings } from '../../cli/tui/content/findings.ts';
import { runJob } from '../../cli/tui/effects/jobs.ts';
import type { Tools } from '../../cli/tui/effects/tools.ts';
import { settle } from '../../cli/tui/state/settle.ts';
import { initialState, push, type State } from '../../cli/tui/state/state.ts';
import { plain } from '../../cli/tui/style.ts';
import { noticeLine } from '../../cli/tui/views/frame.ts';
import { modernScript, result, startScriptedServer, TOOL, type Script } from '../upstream/support/scriptedServer.ts';
import { NOW } from './stateWorld.ts';

it('a test of a server names the tools that can’t be used [mcp-left-out-is-named]', async () => {
  const list: Script = (seen, response) => result(seen, response, { tools: [TOOL, { name: 'schemaless' }] });
  await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
  const draft = { transport: 'http', url: server.url.href, title: '', description: '', headers: {}, drop: [] } as const;
  const outcome = await runJob(
    { stores: {} } as Tools,
    { effect: 'test', server: undefined, draft },
    AbortSignal.timeout(5_000),
    () => undefined,
  );
  const words = 'Left out: schemaless (its inputSchema is missing).';
  expect(outcome).toMatchObject({ ok: true, says: expect.stringContaining(words) });
  const found = outcome.ok ? outcome.findings?.found : undefined;
  expect(found && describeFindings(found)).toContain(words);
});

it('what can’t be used of what a server offers is told of on its screen [mcp-left-out-is-named]', () => {
  const base = initialState({ version: '1.2.3', nowMs: NOW, size: { columns: 80, rows: 24 } });
  const catalogue = { tools: [], resources: [], templates: [], prompts: [] };
  const screen = {
    screen: 'catalogue',
    server: 's',
    catalogue: undefined,
    work: 1,
    error: undefined,
    cursor: { at: 0, top: 0 },
  } as const;
  const pushed = push(base, screen);
  const state: State = { ...pushed, work: [{ id: 1, says: 'Reading', sinceMs: NOW, isChange: false }] };
  const [shown] = settle(state, 1, { ok: true, says: 'Left out: p (its name is missing).', catalogue });
  expect(noticeLine(shown, plain)).toContain('Left out: p (its name is missing).');
  expect(settle(state, 1, { ok: true, says: '', catalogue })[0].notice).toBeUndefined();
});
