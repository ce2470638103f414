import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBackendServer1 } from '../backendServer1/server.ts';
import { startBackendServer2 } from '../backendServer2/server.ts';
import { obtainToken } from '../client/gatewayToken.ts';
import { runExampleClient } from '../client/client.ts';
import { createCli } from './cli.ts';
import { startGatewayProcess } from './gatewayProcess.ts';
import { useOneUrl } from './oneUrl.ts';
import { check, command, explain, line, step } from './narration.ts';
import { z } from 'zod';

const NOTEBOOK = fileURLToPath(new URL('../notebook/server.ts', import.meta.url));

const createdKey = z.object({ id: z.string(), name: z.string(), api_key: z.string() });
const historyPage = z.object({
  items: z.array(
    z.object({ type: z.string(), at: z.string(), actor: z.string(), data: z.record(z.string(), z.unknown()) }),
  ),
});

/**
 * Does the main job end to end, on the embedded default, in a state folder of its own. Each step checks what it sees.
 * What it starts and makes is put into `closing`, at once, so that it can be ended at any moment.
 * @throws Error at the first thing that is not right
 */
export async function tellStory(closing: AsyncDisposableStack): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'metamcp demo '));
  closing.defer(() => rm(home, { recursive: true, force: true }));
  // As root, Postgres runs as another user, who must be able to enter.
  await chmod(home, 0o755);

  step('Three MCP servers, as anyone might run them');
  const calculator = closing.use(await startBackendServer1({ port: 0 }));
  const planets = closing.use(await startBackendServer2({ port: 0 }));
  line(`calculator   ${calculator.url}`);
  line(`planets      ${planets.url}`);
  line('notebook     a program that speaks stdio: the gateway starts it');

  step('The gateway, with a PostgreSQL of its own');
  const gateway = closing.use(startGatewayProcess(home));
  const { url: gatewayUrl, readyMs } = await gateway.ready;
  line(`${gatewayUrl}, ready after ${readyMs.toFixed(0)} ms`);

  step('Administration: every change is an event');
  const cli = closing.use(createCli(home, gatewayUrl));
  for (const [name, { url }] of Object.entries({ calculator, planets })) {
    command(`metamcp-cli servers add ${name} --url ${url}`);
    await cli.run(['servers', 'add', name, '--url', url]);
  }
  command('metamcp-cli servers add notebook --isolation shared -- node examples/notebook/server.ts');
  await cli.run(['servers', 'add', 'notebook', '--isolation', 'shared', '--', process.execPath, NOTEBOOK]);
  command('metamcp-cli keys create --name demo');
  const key = createdKey.parse(await cli.run(['keys', 'create', '--name', 'demo']));
  line(`key ${key.id}: ${key.api_key.slice(0, 12)}… (the secret is shown this once)`);

  step('One URL, one key, every server');
  line(`${gatewayUrl}/mcp`);
  const { tools, answers } = await useOneUrl(gatewayUrl, key.api_key, [
    { name: 'calculator__add', arguments: { a: 2, b: 3 } },
    { name: 'notebook__write_note', arguments: { text: '2 + 3 = 5' } },
    { name: 'notebook__read_notes', arguments: {} },
  ]);
  line(`${tools.length} tools: ${tools.slice(0, 4).join(', ')}, …`);
  check(
    ['calculator', 'planets', 'notebook'].every((server) => tools.some((tool) => tool.startsWith(`${server}__`))),
    'the tools of all three servers are in one list',
  );
  check(
    JSON.stringify(answers) === '[{"result":5},{"count":1},{"notes":["2 + 3 = 5"]}]',
    'calculator__add calls one server, notebook__write_note and notebook__read_notes another',
  );

  step('The same key at single servers');
  const summary = await runExampleClient({
    gatewayUrl,
    apiKey: key.api_key,
    servers: ['calculator', 'planets'],
    print: explain,
  });
  check(
    Object.values(summary).every((visit) => visit.checked),
    'the example servers answer through the gateway as they do directly',
  );

  step('The key is revoked');
  const token = (await obtainToken(new URL(`${gatewayUrl}/`), key.api_key)).value;
  const before = await fetch(`${gatewayUrl}/api/v1/mcp/servers`, { headers: { authorization: `Bearer ${token}` } });
  check(before.status === 200, 'a fresh token works');
  command(`metamcp-cli keys inactivate ${key.id.slice(0, 13)} --reason "end of the demo"`);
  await cli.run(['keys', 'inactivate', key.id, '--reason', 'end of the demo']);
  const after = await fetch(`${gatewayUrl}/api/v1/mcp/servers`, { headers: { authorization: `Bearer ${token}` } });
  check(after.status === 401, `the same token, not yet expired, is refused: ${after.status}`);

  step('The audit trail of that key, over REST');
  command('metamcp-cli keys create --name auditor --scope audit:read --scope keys:read');
  const auditor = createdKey.parse(
    await cli.run(['keys', 'create', '--name', 'auditor', '--scope', 'audit:read', '--scope', 'keys:read']),
  );
  const answer = await fetch(`${gatewayUrl}/api/v1/keys/${key.id}/history`, {
    headers: { 'x-api-key': auditor.api_key },
  });
  const { items } = historyPage.parse(await answer.json());
  for (const { type, at, actor, data } of items) {
    const reason = data['reason'];
    line(`${at}  ${type.padEnd(18)} ${actor}${typeof reason === 'string' ? `  “${reason}”` : ''}`);
  }
  check(
    items.map(({ type }) => type).join() === 'ApiKeyCreated,ApiKeyInactivated',
    'created and inactivated: nothing else happened',
  );
}
