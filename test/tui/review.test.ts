import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { createLoop } from '../../cli/tui/loop/loop.ts';
import { createPerform } from '../../cli/tui/loop/perform.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type OnToolChange } from '../../src/events/mcpServer.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import { seeAsGateway } from '../catalogue/seeAsGateway.ts';
import { modernScript, result, startScriptedServer, type ScriptedServer } from '../upstream/support/scriptedServer.ts';
import { startState } from './stateWorld.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';

const tool = (name: string, description: string): JsonObject => ({
  name,
  description,
  inputSchema: { type: 'object' },
});
let tools: readonly JsonObject[] = [];
let world: TuiWorld;
let server: ScriptedServer;
beforeAll(async () => {
  world = await openTuiWorld();
  server = await startScriptedServer(
    modernScript({ 'tools/list': (seen, response) => result(seen, response, { resultType: 'complete', tools }) }),
  );
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function register(name: string, onToolChange: OnToolChange, url = server.url): Promise<void> {
  const { stores } = world;
  const reached = { transport: 'http', url: url.href, isolation: 'session' } as const;
  const settings = { ...reached, limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS, onToolChange };
  await stores.servers.register(name, { settings, secrets: { headers: {}, env: {} } }, ELSEWHERE);
  await stores.projections.pump();
  await seeAsGateway(stores, { server: name, url });
}

/** The TUI without a terminal, on the pane of servers. */
function openServers(size = { columns: 100, rows: 40 }) {
  const { stores, settings } = world;
  const perform = createPerform({
    stores,
    settings,
    commandContext: () => ELSEWHERE,
    write: () => undefined,
    leave: () => undefined,
  });
  const loop = createLoop(startState(size), perform);
  loop.dispatch({ type: 'started' });
  loop.dispatch({ type: 'keystroke', keystroke: '2' });
  return {
    press(...keystrokes: readonly string[]): void {
      for (const keystroke of keystrokes) loop.dispatch({ type: 'keystroke', keystroke });
    },
    body: () => bodyLines(loop.state, plain).join('\n'),
    changed: () => loop.dispatch({ type: 'changed' }),
    notice: () => loop.state.notice?.text ?? '',
  };
}

describe('tools that wait for an approval', () => {
  it('are marked in the list, looked at on the screen of the server, and approved as they were shown [tui-approve]', async () => {
    tools = [tool('read', 'Reads.'), tool('write', 'Writes.')];
    await register('careful', 'hold');
    await register('free', 'allow');
    tools = [tool('read', 'Reads, and mails it.'), tool('mail', 'Mails.')];
    await seeAsGateway(world.stores, { server: 'careful', url: server.url });

    const { press, body, notice, changed } = openServers();
    await expect.poll(body).toMatch(/TOOLS WAIT[^]*careful +enabled +2 withheld[^]*free +enabled +–/);
    press('enter');
    await expect.poll(body).toMatch(/To approve +mail \(new\), read \(changed: description\)\. p shows/);
    press('p');
    await expect.poll(body).toContain('Tools of careful that wait for an approval');
    expect(body()).toMatch(/ {2}mail \(new\)\n {6}description: Mails\./);
    expect(body()).toMatch(/description: Reads, and mails it\.\n {8}before: Reads\./);
    expect(body()).toMatch(/Gone, and approved as they were: write \(since /);

    // The server shows something else before the user has decided.
    tools = [tool('read', 'Reads, and sells it.'), tool('mail', 'Mails.')];
    press('y', 'ctrl-s');
    await expect.poll(body).toContain('shows other tools by now');
    press('esc', 'esc', 'p');
    await expect.poll(body).toContain('Reads, and sells it.');
    // All but the second one.
    press('y', 'right', ' ', 'ctrl-s');
    await expect.poll(notice).toBe('Approved of careful: mail.');
    press('p');
    await expect.poll(body).toMatch(/ {2}read \(changed: description\)\n/);
    expect(body()).not.toContain('mail (new)');
    press('y');
    expect(body()).toContain('Approves read.');
    press(...'seen', 'ctrl-s');
    await expect.poll(notice).toBe('Approved of careful: read.');
    press('p');
    await expect.poll(body).toMatch(/No tool of careful waits for an approval\n\n {2}Gone/);
    press('y', 'esc', 'esc', 'j', 'p');
    expect(notice()).toContain('free may change its tools');
    await seeAsGateway(world.stores, { server: 'careful', url: server.url });
    changed();
    await expect.poll(body).not.toContain('TOOLS WAIT');
  });

  it('of a server that does not answer are those that it has shown before [tui-approve]', async () => {
    tools = [tool('read', 'Reads.')];
    const script = modernScript({ 'tools/list': (seen, response) => result(seen, response, { tools }) });
    const away = await startScriptedServer(script);
    await register('away', 'hold', away.url);
    tools = [tool('read', 'Reads, and mails it.')];
    await seeAsGateway(world.stores, { server: 'away', url: away.url });
    await away[Symbol.asyncDispose]();
    const { press, body } = openServers({ columns: 80, rows: 24 });
    await expect.poll(body).toMatch(/away +enabled/);
    press('p');
    await expect.poll(body).toMatch(/It did not show its tools, so what it has shown before counts/);
    expect(body()).toContain('read (changed: description)');
  });
});
