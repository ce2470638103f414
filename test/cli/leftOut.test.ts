import { expect, it } from 'vitest';
import { createTestDatabase } from '../support/testDatabase.ts';
import { modernScript, result, startScriptedServer, TOOL, type Script } from '../upstream/support/scriptedServer.ts';
import { openInProcessCli } from './inProcess.ts';

it('names the tools that can’t be used [mcp-left-out-is-named]', async () => {
  await using database = await createTestDatabase();
  await using cli = await openInProcessCli(database.url);
  const tools = [TOOL, { name: 'schemaless\u202e' }, 7];
  const list: Script = (seen, response) => result(seen, response, { tools });
  await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
  const name = 'partly-usable';
  await cli.run(['servers', 'add', name, '--url', server.url.href]);
  expect((await cli.json(['servers', 'test', name])).document).toMatchObject({
    tools: 1,
    tools_left_out: 2,
    left_out: [
      { name: 'schemaless\\u{202e}', reason: 'its inputSchema is missing' },
      { reason: 'it is not an object' },
    ],
  });
  const { stdout } = await cli.run(['servers', 'test', name]);
  expect(stdout).toMatch(
    /Left out +schemaless\S* \(its inputSchema is missing\), some of its tools \(it is not an object\)/,
  );
});
