import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixtureServer, type FixtureServer } from '../support/fixtureServer.ts';
import { modernScript, result, startScriptedServer, type ScriptedServer } from '../upstream/support/scriptedServer.ts';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();
const LONG = 'a tool.with/odd characters and a name that is far too long for clients';

let echo: ScriptedServer;
let fixture: FixtureServer;
beforeAll(async () => {
  const inputSchema = {
    type: 'object',
    properties: {
      text: { type: 'string' },
      count: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' } },
    },
    required: ['text'],
  };
  const tools = [
    { name: 'echo', description: 'Says it again\nand more', inputSchema },
    { name: LONG, inputSchema: { type: 'object' } },
    { name: '', inputSchema: {} },
  ];
  echo = await startScriptedServer(
    modernScript({
      'tools/list': (seen, response) => result(seen, response, { tools, ttlMs: 0, cacheScope: 'private' }),
      'tools/call': (seen, response) => {
        const content = [{ type: 'text', text: seen.text }];
        const answer = JSON.stringify({
          jsonrpc: '2.0',
          id: seen.message.id,
          result: { resultType: 'complete', content },
        });
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(answer.replace('"content":', '"structuredContent":{"big":9007199254740993},"content":'));
      },
    }),
  );
  fixture = await startFixtureServer();
  await cli.run(['servers', 'add', 'echo', '--url', echo.url.href]);
  await cli.run(['servers', 'add', 'fixture', '--url', fixture.url]);
  await cli.run(['servers', 'add', 'silent', '--url', 'http://127.0.0.1:1/mcp']);
  await cli.run(['servers', 'add', 'resting', '--url', 'http://127.0.0.1:1/mcp']);
  await cli.run(['servers', 'disable', 'resting']);
});
afterAll(async () => {
  await echo[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

interface Listing {
  readonly tools: readonly {
    readonly server: string;
    readonly exposed_name: string;
    readonly tool: { readonly name: string };
  }[];
  readonly left_out: readonly object[];
  readonly unanswered: readonly object[];
}

describe('tools list', () => {
  it('lists the tools of every enabled server, and says which did not answer [cli-tools-list]', async () => {
    const { code, stdout, stderr } = await cli.run(['tools', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^echo__echo +Says it again$/m);
    expect(stdout).toMatch(/^fixture__test_simple_text +/m);
    expect(stderr).toMatch(/^warning: silent did not answer: .*ECONNREFUSED/m);
    expect(stderr).not.toContain('resting');
    const { document } = await cli.json(['tools', 'list']);
    const { tools, unanswered, left_out } = document as unknown as Listing;
    expect(tools.map(({ tool }) => tool.name)).toEqual(expect.arrayContaining(['echo', LONG, 'test_simple_text']));
    expect(unanswered).toMatchObject([{ server: 'silent', code: 'upstream-unreachable' }]);
    expect(left_out).toMatchObject([{ server: 'echo' }]);
  });

  it('lists those of one server, whose failure is that of the command [cli-tools-list]', async () => {
    const { document } = await cli.json(['tools', 'list', 'echo']);
    expect((document as unknown as Listing).tools.map(({ server }) => server)).toEqual(['echo', 'echo']);
    expect(await cli.json(['tools', 'list', 'silent'])).toMatchObject({
      code: 1,
      document: { error: { code: 'upstream-unreachable' } },
    });
  });
});

describe('tools call', () => {
  it('calls a tool with arguments of the types that it wants [cli-tools-call]', async () => {
    const called = await cli.run(['tools', 'call', 'echo', 'echo', 'text=12', 'count=12', 'tags=a', 'tags=b']);
    expect(called).toMatchObject({ code: 0, stderr: '' });
    expect(called.stdout).toContain('"arguments":{"text":"12","count":12,"tags":["a","b"]}');
    for (const asElsewhere of ['echo/echo', 'echo:echo'])
      expect(await cli.run(['tools', 'call', asElsewhere, 'text=12'])).toMatchObject({ code: 0, stderr: '' });
    const json = await cli.run(['tools', 'call', 'echo__echo', 'text=x', 'other:={"a":9007199254740993}', '--json']);
    expect(json.stdout).toContain(String.raw`\"other\":{\"a\":9007199254740993}`);
    expect(json.stdout).toMatch(/"big": ?9007199254740993/);
  });

  it('takes all arguments from a file or stdin, and a name that clients could not have [cli-tools-call]', async () => {
    await writeFile(join(cli.folder, 'args.json'), '{"text":"from file","count":9007199254740993}');
    const file = await cli.run(['tools', 'call', 'echo', 'echo', '--arguments', 'args.json', 'count=1']);
    expect(file.stdout).toContain('"arguments":{"text":"from file","count":1}');
    const stdin = await cli.run(['tools', 'call', 'echo', LONG, '--arguments', '-'], { stdin: '{"a":null}' });
    expect(stdin.stdout).toContain('"arguments":{"a":null}');
    const { document } = await cli.json(['tools', 'list', 'echo']);
    const exposed = (document as unknown as Listing).tools[1]?.exposed_name ?? '';
    expect(exposed).toMatch(/^echo__[\w-]{1,58}$/);
    expect((await cli.run(['tools', 'call', exposed])).stdout).toContain(LONG);
  });

  it('takes a value from a file or stdin [cli-tools-call]', async () => {
    await writeFile(join(cli.folder, 'note.md'), '# A note\nof two lines\n');
    await writeFile(join(cli.folder, 'tags.json'), '["a","b"]');
    const called = await cli.run(['tools', 'call', 'echo', 'echo', 'text=@note.md', 'tags:=@tags.json', 'x=@@at']);
    expect(called.stdout).toContain(
      String.raw`"arguments":{"text":"# A note\nof two lines\n","tags":["a","b"],"x":"@at"}`,
    );
    expect(called.stderr).toMatch(/^warning: The tool’s schema does not name x, .*; it has text, /);
    const piped = await cli.run(['tools', 'call', 'echo', 'echo', 'text=@-'], { stdin: 'from stdin' });
    expect(piped.stdout).toContain('"arguments":{"text":"from stdin"}');
    const missing = await cli.run(['tools', 'call', 'echo', 'echo', 'text=@alice']);
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/begins with @ is written @@…\) can’t be read/),
    });
    const twice = await cli.run(['tools', 'call', 'echo', 'echo', 'text=@-', 'x=@-']);
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('Only one value') });
  });

  it.each<[argv: string[], code: number, error: string, message: string]>([
    [['echo'], 2, 'usage', 'Say which tool'],
    [['echo/ecko', 'text=x'], 1, 'tool-not-found', 'Did you mean echo?'],
    [['echo', 'echo', 'hush'], 2, 'usage', 'NAME=VALUE'],
    [['echo', 'echo', 'count=hush', 'text=x'], 2, 'usage', 'count: Write an integer'],
    [['echo', 'echo'], 2, 'usage', 'The tool needs text'],
    [['echo', 'echo', '--arguments', '-'], 2, 'usage', 'a JSON object'],
    [['echo', 'ecko', 'text=x'], 1, 'tool-not-found', 'Did you mean echo?'],
    [['echo__nothing'], 1, 'tool-not-found', 'tools list echo'],
    [['nobody', 'echo'], 1, 'server-not-found', 'servers list'],
    [['silent', 'echo', 'text=x'], 1, 'upstream-unreachable', 'ECONNREFUSED'],
  ])('%j is refused [cli-tools-call]', async (argv, code, error, message) => {
    const { document, ...answer } = await cli.json(['tools', 'call', ...argv], { stdin: '["hush"]' });
    expect(answer.code).toBe(code);
    expect(document.error).toMatchObject({ code: error, message: expect.stringContaining(message) });
    expect(document.error.message).not.toContain('hush');
  });

  it('prints what a tool says that failed, and ends with exit code 1 [cli-tools-call]', async () => {
    const { code, stdout, stderr } = await cli.run(['tools', 'call', 'fixture', 'test_error_handling']);
    expect(code).toBe(1);
    expect(stdout).toContain('This tool intentionally returns an error for testing');
    expect(stderr).toContain('says that it failed');
    const json = await cli.json(['tools', 'call', 'fixture', 'test_error_handling']);
    expect(json).toMatchObject({ code: 1, document: { isError: true } });
  });

  it('shows on a terminal how far it has come, and nothing of that on stdout [cli-tools-call]', async () => {
    const { code, stdout, stderr } = await cli.run(['tools', 'call', 'fixture', 'test_tool_with_progress'], {
      columns: 80,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/0 of 100/);
    expect(stdout).not.toContain('of 100');
  });
});
