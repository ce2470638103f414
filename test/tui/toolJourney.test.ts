import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { startEverythingServer, type EverythingServer } from '../support/everythingServer.ts';
import {
  legacyScript,
  startScriptedServer,
  type ScriptedServer,
  type Script,
} from '../upstream/support/scriptedServer.ts';
import { noTerminal, openTerminal, type Terminal } from './terminal.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';

/** What generators of schemas write, and what nobody should. */
const HOSTILE_TOOL = `{"name":"odd","description":"It takes a lot.","inputSchema":{"type":"object","required":["constructor","count"],
  "properties":{
    "constructor":{"type":"string","description":"as in JavaScript"},
    "count":{"type":"integer"},
    "__proto__":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},
    "level":{"$ref":"#/$defs/Level"},
    "data":{"type":"object"}},
  "$defs":{"Level":{"enum":[1,"1",null]}}}}`;
const ROOT_TOOL =
  '{"name":"rooted","inputSchema":{"anyOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}}}]}}';

/** Answers with a result as JSON text: with numbers that JavaScript can’t hold. */
const answers =
  (result: string): Script =>
  (seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"jsonrpc":"2.0","id":${String(seen.message.id)},"result":${result}}`);
  };

let world: TuiWorld;
let everything: EverythingServer;
let odd: ScriptedServer;
beforeAll(async () => {
  [world, everything] = await Promise.all([openTuiWorld(), startEverythingServer()]);
  odd = await startScriptedServer(
    legacyScript({
      'tools/list': answers(`{"tools":[${HOSTILE_TOOL},${ROOT_TOOL}]}`),
      'tools/call': answers(
        '{"content":[{"type":"text","text":"It was done."}],"structuredContent":{"id":9007199254740993,"price":1.10}}',
      ),
      'resources/list': answers('{"resources":[]}'),
      'resources/templates/list': answers('{"resourceTemplates":[]}'),
      'prompts/list': answers('{"prompts":[]}'),
    }),
  );
  for (const [name, url] of [
    ['everything', everything.url],
    ['odd', odd.url.href],
  ] as const) {
    const settings = { transport: 'http', url, isolation: 'session', limits: DEFAULT_LIMITS } as const;
    await world.stores.servers.register(
      name,
      { settings: { ...settings, timeouts: DEFAULT_TIMEOUTS }, secrets: { headers: {}, env: {} } },
      ELSEWHERE,
    );
  }
});
afterAll(async () => {
  await odd[Symbol.asyncDispose]();
  await everything[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Moves down to a line. */
async function moveTo(terminal: Terminal, line: RegExp): Promise<void> {
  for (let before = await terminal.shows(/^› /m); !line.test(before);) {
    const earlier = before;
    await terminal.press('j');
    before = await terminal.shows((screen) => screen !== earlier && /^› /m.test(screen));
  }
}

async function openForm(terminal: Terminal, server: string, tool: string): Promise<void> {
  await terminal.shows('[1 Keys]');
  await terminal.press('2');
  await terminal.shows('odd');
  await moveTo(terminal, new RegExp(`^› ${server}( |$)`, 'm'));
  await terminal.press('b');
  await terminal.shows(`What ${server} offers`);
  await moveTo(terminal, new RegExp(`^› tool +${tool}( |$)`, 'm'));
  await terminal.press('Enter');
  await terminal.shows(`Run ${tool}`);
}

/** The arguments of the last call that reached the server, as they were written. */
function lastArguments(): string | undefined {
  const call = odd.seen.findLast(({ message }) => message.method === 'tools/call');
  return /"arguments":(.*?)(,"_meta":.*)?\}\}$/s.exec(call?.text ?? '')?.[1];
}

describe.skipIf(noTerminal !== undefined)(`a tool in a terminal (${noTerminal ?? 'tmux'})`, () => {
  it('is called with what was typed and pasted, whatever its arguments are called [tui-tool-form-values] [tui-tool-form-paste]', async () => {
    await using terminal = await openTerminal({ env: world.env, columns: 100 });
    await openForm(terminal, 'odd', 'odd');
    await terminal.paste('first line\n\tsecond “line”\n');
    await terminal.shows(/first line\n +⇥second “line”/);
    await terminal.press('Tab');
    await terminal.type('9007199254740993');
    await terminal.press('Tab', 'C-n');
    await terminal.shows('(an empty text)');
    await terminal.press('Tab', 'Right', 'Right');
    await terminal.shows('(•) "1"');
    await terminal.press('Tab');
    await terminal.paste('{\n  "far": 1e400,\n  "price": 1.10\n}');
    await terminal.shows('"price": 1.10');
    await terminal.press('Enter');
    await terminal.shows(/It was done[^]*"id": 9007199254740993,\n +"price": 1\.10/);
    expect(lastArguments()).toBe(
      String.raw`{"constructor":"first line\n\tsecond “line”\n","count":9007199254740993,"__proto__":"","level":"1","data":{"far":1e400,"price":1.10}}`,
    );
  });

  it('gets arguments as one JSON object where its schema names none [tui-tool-form-values]', async () => {
    await using terminal = await openTerminal({ env: world.env, columns: 100 });
    await openForm(terminal, 'odd', 'rooted');
    await terminal.type('{"a":1.0}');
    await terminal.press('Enter');
    await terminal.shows('It was done.');
    expect(lastArguments()).toBe('{"a":1.0}');
  });

  it('of the reference server is called from a form of its schema [tui-server-journey]', async () => {
    await using terminal = await openTerminal({ env: world.env, columns: 100 });
    await openForm(terminal, 'everything', 'get-sum');
    await terminal.type('2.50');
    await terminal.press('Tab');
    await terminal.type('1');
    await terminal.press('Enter');
    await terminal.shows('The sum of 2.5 and 1 is 3.5.');
  });
});
