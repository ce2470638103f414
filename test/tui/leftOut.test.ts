import { expect, it } from 'vitest';
import { endWork } from '../../cli/tui/frame/endWork.ts';
import { noticeLine } from '../../cli/tui/frame/frameLines.ts';
import type { Tools } from '../../cli/tui/frame/model.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { TEST } from '../../cli/tui/panes/servers/testServer.ts';
import { openCatalogue } from '../../cli/tui/screens/catalogue/catalogueScreen.ts';
import { modernScript, result, startScriptedServer, TOOL, type Script } from '../upstream/support/scriptedServer.ts';
import { startState } from './stateWorld.ts';

it('a test of a server names the tools that can’t be used [mcp-left-out-is-named]', async () => {
  const list: Script = (seen, response) => result(seen, response, { tools: [TOOL, { name: 'schemaless' }] });
  await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
  const draft = { transport: 'http', url: server.url.href, title: '', description: '', headers: {}, drop: [] } as const;
  const options = { signal: AbortSignal.timeout(5_000), onProgress: () => undefined };
  const outcome = await TEST.run({ stores: {} } as Tools, { server: undefined, draft }, options);
  const text = expect.stringContaining('Left out: schemaless (its inputSchema is missing).') as string;
  expect(outcome).toMatchObject({ ok: true, message: text, note: text });
});

it('what can’t be used of what a server offers is told of on its screen [mcp-left-out-is-named]', () => {
  const [state] = openCatalogue(startState(), 's');
  const work = state.lastWork;
  const nothing = { tools: [], resources: [], templates: [], prompts: [] };
  const message = 'Left out: p (its name is missing).';
  const [shown] = endWork(state, { work, outcome: { ok: true, message, result: nothing } });
  expect(noticeLine(shown, plain)).toContain(message);
  const [silent] = endWork(state, { work, outcome: { ok: true, message: '', result: nothing } });
  expect(silent.notice).toBeUndefined();
});
