import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { createLoop } from '../../cli/tui/loop/loop.ts';
import { createPerform } from '../../cli/tui/loop/perform.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { addProgram, EndpointClient } from '../gateway/stdio/world.ts';
import { ELSEWHERE } from './tuiWorld.ts';
import { startState } from './stateWorld.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('a server that is a program', () => {
  it('shows what its program does, is restarted, and its log is read, by keystrokes [tui-programs]', async () => {
    await addProgram(gateway, 'by-key', { isolation: 'shared' });
    await gateway.addServer('remote', 'http://127.0.0.1:9/mcp');
    const { stores, url } = gateway;
    const settings = { ...gateway.settings, port: Number(new URL(url).port) };
    const perform = createPerform({
      stores,
      settings,
      commandContext: () => ELSEWHERE,
      write: () => undefined,
      leave: () => undefined,
    });
    const loop = createLoop(startState({ columns: 120, rows: 40 }), perform);
    const press = (...keystrokes: string[]) => {
      for (const keystroke of keystrokes) loop.dispatch({ type: 'keystroke', keystroke });
    };
    const body = () => bodyLines(loop.state, plain).join('\n');
    loop.dispatch({ type: 'started' });
    press('2');
    await expect.poll(body).toMatch(/by-key[^]*remote/);
    press('enter');
    await expect.poll(body).toMatch(/Programs +stopped/);
    press('L');
    await expect.poll(() => loop.state.notice?.text).toContain('by-key has printed nothing');

    const { apiKey } = await gateway.createKey({ scopes: ['mcp'] });
    const client = new EndpointClient(gateway, 'by-key', apiKey);
    await client.initialize();
    const { pid } = await client.who();
    press('R');
    await expect.poll(() => loop.state.notice?.text).toContain('The program of by-key was restarted.');
    const { pid: now } = await client.who();
    expect(now).not.toBe(pid);
    expect(body()).toContain(`running as process ${String(now)} (shared)`);

    await client.legacy('tools/call', { name: 'crash', arguments: {} });
    press('L');
    await expect.poll(body).toContain('it broke, with');
    press('q', 'q', 'j', 'L');
    expect(loop.state.notice?.text).toContain('remote is reached over http');
  });
});
