import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCompany } from './company.ts';
import { noEmulatedTerminal, openEmulatedTerminal, type EmulatedTerminal } from './emulatedTerminal.ts';
import { openTuiWorld, type TuiWorld } from './tuiWorld.ts';

/** Bytes that a key press may write: over a slow line they are what one waits for. */
const MAX_BYTES = 2_048;
/** ECMA-48, 8.3.39 and xterm: the whole screen, or what was scrolled off it. */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const CLEARS = /\u001b\[[0-3]?J|\u001bc/;
/** It looks twice at the stores and at the gateway, over a few connections, and its clock ticks four times: 35. A timer of 50 ms alone would be 80. */
const MAX_WAKE_UPS = 80;

describe.skipIf(noEmulatedTerminal !== undefined)(
  `the TUI over 10,000 keys (${noEmulatedTerminal ?? 'script'})`,
  () => {
    let world: TuiWorld;
    let gateway: Server;
    let tui: EmulatedTerminal;
    beforeAll(async () => {
      gateway = createServer((request, response) => {
        if (request.url !== '/health/live') return response.writeHead(404).end();
        return response.end('{"version":"1.2.3"}');
      });
      await new Promise<void>((resolve) => void gateway.listen(0, '127.0.0.1', resolve));
      world = await openTuiWorld({ SERVER_PORT: String((gateway.address() as AddressInfo).port) });
      await makeCompany(world.stores, { people: 100, servers: 20, keys: 10_000 });
      tui = await openEmulatedTerminal({ env: world.env, columns: 120, rows: 40 });
      // The last use of each key comes behind the list, and is no key press's.
      await tui.shows(/10,000 keys, 0 used today[^]*1 of 10,000[^]*› .* never +never [^]*gateway ✓[^]*tables ✓/);
    });
    afterAll(async () => {
      await tui[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      gateway.closeAllConnections();
      gateway.close();
    });

    /** Presses a key, and waits for what it leads to. @returns the bytes that were written for it */
    async function bytesFor(key: string, leadsTo: RegExp): Promise<number> {
      const before = tui.written.length;
      tui.press(key);
      await tui.shows(leadsTo);
      return Buffer.byteLength(tui.written.slice(before));
    }

    it('writes 2 KB at most for a key press that moves, wherever in the list [tui-budgets]', async () => {
      for (let at = 2; at <= 12; at += 1)
        expect(await bytesFor('j', new RegExp(` ${at} of 10,000`))).toBeLessThan(MAX_BYTES);
      for (let at = 11; at >= 8; at -= 1)
        expect(await bytesFor('k', new RegExp(` ${at} of 10,000`))).toBeLessThan(MAX_BYTES);
      await bytesFor('G', / 10,000 of 10,000/);
      await tui.shows(/› key 0 of person-.* never +never /);
      expect(await bytesFor('k', / 9,999 of 10,000/)).toBeLessThan(MAX_BYTES);
      await bytesFor('g', / 1 of 10,000/);
    });

    it('shows every pane whole, and nothing of the one before [tui-budgets]', async () => {
      const panes: readonly (readonly [key: string, shows: RegExp])[] = [
        ['2', /^ 1 Keys \[2 Servers\].*\n {2}NAME[^]*server-00[^]*\n *\n\S.* add /],
        ['3', /^.*\[3 Activity\]/],
        ['4', /^.*\[4 Audit\][^]*person/],
        ['5', /^.*\[5 Usage\][^]*by key/],
        ['6', /^.*\[6 Roles\][^]*engineering +5,000 /],
        ['1', /^\[1 Keys\][^]* never +never /],
      ];
      for (const [key, shows] of panes) {
        tui.press(key);
        const lines = await tui.shows(shows);
        expect(lines[39]).toMatch(/^database ✓ {2}events ✓ {2}gateway ✓ {2}tables ✓/);
        expect(lines.join('\n')).not.toMatch(/Opening the stores/);
      }
      expect(tui.emulator.wrapped()).toEqual([]);
    });

    it('writes nothing while nothing happens, and only its clocks wake it up [tui-budgets]', async () => {
      const looked = async () => {
        let path: string | undefined;
        while (path !== '/health/live') [{ url: path }] = (await once(gateway, 'request')) as [IncomingMessage];
      };
      await looked();
      const [bytes, wakeUps] = [tui.written.length, await tui.wakeUps()];
      await looked();
      await looked();
      expect(tui.written.slice(bytes)).toBe('');
      expect((await tui.wakeUps()) - wakeUps).toBeLessThan(MAX_WAKE_UPS);
    });

    it('has never cleared the screen as a whole [tui-budgets]', () => {
      expect(tui.written).not.toMatch(CLEARS);
    });
  },
);
