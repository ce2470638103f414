import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCliOf, type OpenedCli } from '../cli/openedCli.ts';
import type { Tools } from '../../cli/tui/frame/model.ts';
import { CHANGE } from '../../cli/tui/screens/change/runChange.ts';
import { draftToVisit } from '../../cli/tui/screens/tool/serverToVisit.ts';
import { checkKeptSecrets } from '../../src/administration/keptSecrets.ts';
import type { PlainSettings, ServerInput } from '../../src/administration/serverInput.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

const URL_BEFORE = 'https://api.example.com/mcp';
const plain = { isolation: 'session', limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS } as const;
const http = (url: string): PlainSettings => ({ ...plain, transport: 'http', url });
const program = (command: string, args?: string[], cwd?: string): PlainSettings => ({
  ...plain,
  transport: 'stdio',
  command,
  ...(args === undefined ? {} : { args }),
  ...(cwd === undefined ? {} : { cwd }),
});
const secrets = { headers: { Authorization: 'Bearer hush', 'X-Key': 'hush-2' }, env: { TOKEN: 'hush-3' } };
const needed = { code: 'server-secrets-needed', kind: 'invalid' };

describe('every face of a change', () => {
  let gateway: TestGateway;
  let cli: OpenedCli;
  beforeAll(async () => {
    gateway = await startTestGateway();
    cli = await openCliOf(gateway);
    await gateway.addServer('moved', URL_BEFORE, secrets.headers);
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });
  const elsewhere = 'https://api.example.com/other';

  it('leaves no header with a server that moves [auth-secrets-stay]', async () => {
    const { servers, dryRun } = gateway.stores;
    const revise = (current: ServerInput) => ({ ...current, settings: http(elsewhere) });
    await expect(servers.update('moved', revise, TEST_CONTEXT)).rejects.toMatchObject({
      ...needed,
      data: { headers: ['Authorization', 'X-Key'], env: [] },
    });
    await expect(dryRun().servers.update('moved', revise, TEST_CONTEXT)).rejects.toMatchObject(needed);

    const update = ['servers', 'update', 'moved', '--url', elsewhere];
    for (const more of [[], ['--dry-run'], ['--header', 'authorization: Bearer hush'], ['--remove-header', 'X-Key']]) {
      expect(await cli.run([...update, ...more]), more.join(' ')).toMatchObject(needed);
    }

    const draft = { transport: 'http' as const, url: elsewhere, title: '', description: '', headers: {}, drop: [] };
    const tools = { stores: gateway.stores, commandContext: () => TEST_CONTEXT } as Tools;
    const options = { signal: AbortSignal.timeout(60_000), onProgress: () => undefined };
    const undo = { command: 'updateServer' as const, name: 'moved', draft, ifMatch: 0, reason: undefined };
    expect(await CHANGE.run(tools, undo, options)).toMatchObject({
      ok: false,
      message: expect.stringContaining('anew'),
    });
    await expect(draftToVisit(gateway.stores, 'moved', draft)).rejects.toMatchObject(needed);
    const given = { ...draft, headers: { Authorization: 'x' }, drop: ['x-key'] };
    expect(await draftToVisit(gateway.stores, 'moved', given)).toMatchObject({ headers: { authorization: 'x' } });
  });

  it('moves it when each is given anew or taken out, and takes a file’s word for all of them [auth-secrets-stay]', async () => {
    const same = 'authorization: Bearer hush';
    expect(
      await cli.run(['servers', 'update', 'moved', '--url', elsewhere, '--header', same, '--remove-header', 'x-key']),
    ).toBeUndefined();
    const headers = { Authorization: 'Bearer hush' };
    await cli.write('f.json', JSON.stringify({ version: 1, servers: { moved: { url: URL_BEFORE, headers } } }));
    expect(await cli.run(['apply', '-f', 'f.json'])).toBeUndefined();
  });
});

describe('a program', () => {
  const before = { settings: program('npx', ['-y', 'server'], '/srv'), secrets: { ...secrets, headers: {} } };

  it.each<[string, PlainSettings]>([
    ['another command', program('node', ['-y', 'server'], '/srv')],
    ['another argument', program('npx', ['-y', 'other'], '/srv')],
    ['one argument more', program('npx', ['-y', 'server', '-v'], '/srv')],
    ['no argument', program('npx', undefined, '/srv')],
    ['another folder', program('npx', ['-y', 'server'], '/tmp')],
    ['no folder', program('npx', ['-y', 'server'])],
    ['a URL', http(URL_BEFORE)],
  ])('of %s gets none of the variables [auth-secrets-stay]', (_what, settings) => {
    const move = () => checkKeptSecrets(before, { settings, secrets: before.secrets });
    expect(move).toThrow(expect.objectContaining({ ...needed, data: { headers: [], env: ['TOKEN'] } }));
    checkKeptSecrets(before, { settings, secrets: before.secrets, newValues: { headers: [], env: ['TOKEN'] } });
    checkKeptSecrets(before, { settings, secrets: { headers: {}, env: {} } });
  });

  it('keeps them while only its title changes', () => {
    checkKeptSecrets(before, { settings: { ...before.settings, title: 'New' }, secrets: before.secrets });
  });
});

it('a secret under another name is the same secret still', () => {
  const before = { settings: http(URL_BEFORE), secrets };
  const renamed = { headers: { 'X-Other': 'Bearer hush' }, env: {} };
  expect(() => checkKeptSecrets(before, { settings: http('https://evil.example/'), secrets: renamed })).toThrow(
    expect.objectContaining(needed),
  );
});

const segment = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@%-]{0,8}$/);
property.prop([fc.array(segment), fc.array(segment)])(
  'two paths are one address only where a server may not tell them apart',
  (one, other) => {
    const [a, b] = [one, other].map((path) => `https://x.example/${path.join('/')}`);
    const before = { settings: http(a ?? ''), secrets };
    const decoded = (url: string | undefined) =>
      URL.parse(url ?? '')?.pathname.replace(
        /%(?:2[dDeE]|3\d|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])/g,
        decodeURIComponent,
      ) ?? url;
    const fold = (text: string | null | undefined) => text?.replace(/%[0-9a-f]{2}/gi, (each) => each.toUpperCase());
    const move = () => checkKeptSecrets(before, { settings: http(b ?? ''), secrets });
    if (fold(decoded(a)) === fold(decoded(b))) move();
    else expect(move).toThrow(expect.objectContaining(needed));
  },
);
