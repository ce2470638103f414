import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTerminal, openTerminal, type Terminal } from './terminal.ts';
import { openTuiWorld, type TuiWorld } from './tuiWorld.ts';

const SECRET = /mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/;

let world: TuiWorld;
beforeAll(async () => {
  world = await openTuiWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function open(size: { columns?: number; rows?: number } = {}): Promise<Terminal> {
  return openTerminal({ env: world.env, ...size });
}

describe.skipIf(noTerminal !== undefined)(`journeys in a terminal (${noTerminal ?? 'tmux'})`, () => {
  it('creates a key and shows its secret once; q leaves a sane terminal [tui-opens] [tui-secret-once] [tui-terminal-restored]', async () => {
    await using terminal = await open();
    await terminal.shows('There are no keys yet');
    await terminal.press('c');
    await terminal.shows('Create a key');
    await terminal.type('laptop');
    await terminal.press('C-s');
    const shown = await terminal.shows(SECRET);
    const secret = SECRET.exec(shown)![0];
    await terminal.press('y');
    await terminal.shows('clipboard, if');
    expect(await terminal.clipboard()).toBe(secret);
    await terminal.press('Escape');
    await terminal.shows((screen) => screen.includes('laptop') && !screen.includes(secret));
    await terminal.press('q');
    await terminal.shows('ended 0, terminal sane');
    expect(await terminal.history()).not.toContain(secret);
    expect([await terminal.ask('alternate_on'), await terminal.ask('cursor_flag')]).toEqual(['0', '1']);
  });
});
