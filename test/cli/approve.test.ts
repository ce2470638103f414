import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logging/logger.ts';
import type { Era } from '../../src/mcp/eras.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { seeAsGateway } from '../catalogue/seeAsGateway.ts';
import { legacyScript, result, startScriptedServer, type ScriptedServer } from '../upstream/support/scriptedServer.ts';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();
const tool = (name: string, more: JsonObject = {}): JsonObject => ({ name, inputSchema: { type: 'object' }, ...more });
const offered: { modern: JsonObject[]; legacy: JsonObject[] } = { modern: [], legacy: [] };

let server: ScriptedServer;
let stores: Stores;
beforeAll(async () => {
  const facts = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
  server = await startScriptedServer(
    legacyScript({
      initialize: (seen, response) =>
        result(
          seen,
          response,
          { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'both', version: '1' } },
          { 'mcp-session-id': 'session' },
        ),
      'server/discover': (seen, response) => result(seen, response, { ...facts, ttlMs: 0, cacheScope: 'private' }),
      'tools/list': (seen, response) =>
        seen.headers['mcp-session-id'] === undefined
          ? result(seen, response, { resultType: 'complete', tools: offered.modern })
          : result(seen, response, { tools: offered.legacy }),
    }),
  );
  await cli.run(['servers', 'list']);
  stores = await openStores({
    settings: readSettings({ env: cli.env, cwd: cli.folder }),
    logger: createLogger('silent'),
    applicationName: 'test',
  });
});
afterAll(async () => {
  await stores[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

let last = 0;

/** Registers a server that holds, and reads what it offers as a gateway does. @returns its name */
async function seen(tools: readonly JsonObject[], eras: readonly Era[] = ['modern']): Promise<string> {
  const name = `held-${++last}`;
  offer(tools);
  await cli.run(['servers', 'add', name, '--url', server.url.href, '--on-tool-change', 'hold']);
  for (const era of eras) await read(name, era);
  return name;
}

function offer(tools: readonly JsonObject[], legacy = tools): void {
  offered.modern = [...tools];
  offered.legacy = [...legacy];
}

const read = (name: string, era: Era = 'modern') => seeAsGateway(stores, { server: name, url: server.url, era });

interface Review {
  readonly digest: string;
  readonly tools: readonly { readonly name: string; readonly digest: string; readonly former?: JsonObject }[];
  readonly gone: readonly { readonly name: string; readonly since?: string }[];
}

const approve = (name: string, ...argv: string[]) => cli.json(['servers', 'approve', name, ...argv]);
const review = async (name: string, ...argv: string[]) =>
  (await approve(name, ...argv, '--dry-run')).document as unknown as Review;

describe('a dry run of servers approve', () => {
  const path = (type: string) => ({ inputSchema: { type: 'object', properties: { 'a path': { type } } } });

  it.each(['before a gateway has read it', 'after a gateway has read it'])(
    'shows what is new, what changed from what to what, and what is gone: %s [catalogue-review]',
    async (when) => {
      const name = await seen([
        tool('read', { description: 'Reads.', ...path('string') }),
        tool('write'),
        tool('stays'),
      ]);
      offer([
        tool('read', { description: 'Sends.', ...path('number') }),
        tool('mail', { description: 'Mails.' }),
        tool('stays'),
      ]);
      if (when.startsWith('after')) await read(name);
      const { stdout, stderr } = await cli.run(['servers', 'approve', name, '--dry-run']);
      expect(stderr).toBe('');
      expect(stdout).toContain(`The server ${name}: McpServerToolsApproved would be appended. Nothing was changed.\n`);
      expect(stdout).toContain('  mail (new)\n      description: Mails.\n');
      expect(stdout).toContain(
        [
          '  read (changed: description, inputSchema)',
          '      description: Sends.',
          '        before: Reads.',
          '      inputSchema.properties["a path"].type: number',
          '        before: string',
          '',
        ].join('\n'),
      );
      expect(stdout).toMatch(/ {2}Gone, and approved as they were: write( \(since .* UTC\))?\n/);
      expect(stdout).not.toContain('stays');
      const found = await review(name);
      expect(found.gone).toEqual([{ name: 'write', ...(when.startsWith('after') && { since: expect.any(String) }) }]);
      expect(found.tools).toMatchObject([{ name: 'mail' }, { name: 'read', former: { description: 'Reads.' } }]);
    },
  );

  it('compares with what was approved last, after several changes of which one was approved [catalogue-review]', async () => {
    const at = (description: string) => [tool('read', { description })];
    const name = await seen(at('one'));
    for (const description of ['two', 'three']) {
      offer(at(description));
      await read(name);
    }
    await approve(name);
    for (const description of ['four', 'five']) {
      offer(at(description));
      await read(name);
    }
    const { stdout } = await cli.run(['servers', 'approve', name, '--dry-run']);
    expect(stdout).toContain('      description: five\n        before: three\n');
  });

  it('says of one that is like that already that nothing would be done, as other dry runs do [catalogue-review]', async () => {
    const name = await seen([tool('read')]);
    const { stdout } = await cli.run(['servers', 'approve', name, '--dry-run']);
    expect(stdout).toBe(`The server ${name}: it is like that already, so nothing would be done.\n`);
  });

  it('says of one that no gateway has seen that nothing of it is approved yet [catalogue-review]', async () => {
    const name = await seen([tool('read')], []);
    await cli.run(['tools', 'list', name]);
    const unseen = 'No gateway has seen its tools yet';
    expect((await cli.run(['servers', 'approve', name, '--dry-run'])).stdout).toContain(unseen);
    await read(name, 'modern');
    const { stdout } = await cli.run(['servers', 'approve', name, '--dry-run']);
    expect(stdout).toMatch(/nothing would be done|waits for an approval/);
    expect(stdout).not.toContain(unseen);
  });
});

it('servers approve approves what a server shows that no gateway has seen [catalogue-review]', async () => {
  const name = await seen([tool('read')], []);
  const { stdout } = await cli.run(['servers', 'approve', name]);
  expect(stdout).toContain(`Tools of the server ${name} are approved as they are now:\n  read (new)\n`);
  expect((await cli.run(['servers', 'approve', name, '--dry-run'])).stdout).toContain('it is like that already');
});

describe('servers approve --digest', () => {
  it('approves what the dry run has shown, by the command that it prints [catalogue-approve-seen]', async () => {
    const name = await seen([tool('read')]);
    offer([tool('read', { title: 'Other' }), tool("it's new")]);
    const { stdout } = await cli.run(['servers', 'approve', name, "it's new", '--dry-run']);
    const command = String.raw`metamcp-cli servers approve ${name} 'it'\''s new' --digest `;
    const digest = stdout.slice(stdout.indexOf(command) + command.length).trim();
    expect(digest).toMatch(/^[\w-]{43}$/);
    expect(await approve(name, "it's new", '--digest', digest)).toMatchObject({
      code: 0,
      document: { approved: [{ name: "it's new" }] },
    });
    expect(await approve(name, "it's new", '--digest', digest)).toMatchObject({ code: 0, document: { approved: [] } });
    expect((await review(name)).tools).toMatchObject([{ name: 'read' }]);
  });

  it.each<[string, () => void]>([
    ['changes again', () => offer([tool('read', { title: 'Third' }), tool('mail')])],
    ['shows one more', () => offer([tool('read', { title: 'Other' }), tool('mail'), tool('more')])],
    ['shows one less', () => offer([tool('read', { title: 'Other' })])],
    ['is what it was before', () => offer([tool('read')])],
  ])('refuses when the server %s by then, and approves nothing [catalogue-approve-seen]', async (_what, change) => {
    const name = await seen([tool('read')]);
    offer([tool('read', { title: 'Other' }), tool('mail')]);
    const { digest, tools } = await review(name);
    change();
    for (const argv of [[], ['--dry-run']]) {
      expect(await approve(name, '--digest', digest, ...argv)).toMatchObject({
        code: 1,
        document: {
          error: { code: 'tools-changed', message: expect.stringContaining(`servers approve ${name} --dry-run`) },
        },
      });
    }
    offer([tool('read', { title: 'Other' }), tool('mail')]);
    expect((await review(name)).tools).toEqual(tools);
    expect(await approve(name, '--digest', digest)).toMatchObject({ code: 0, document: { changed: true } });
  });

  it('takes the digest of one tool for that tool alone [catalogue-approve-seen]', async () => {
    const name = await seen([tool('read')]);
    offer([tool('read', { title: 'Other' }), tool('mail')]);
    const [mail, other] = (await review(name)).tools;
    expect(await approve(name, 'mail', '--digest', other?.digest ?? '')).toMatchObject({ code: 1 });
    expect(await approve(name, '--digest', mail?.digest ?? '')).toMatchObject({ code: 1 });
    expect(await approve(name, 'mail', '--digest', mail?.digest ?? '')).toMatchObject({
      document: { approved: [{ name: 'mail' }] },
    });
  });
});

describe('servers approve of a server of both eras', () => {
  it('asks it in each era in which clients were shown its tools [catalogue-approve-now]', async () => {
    const name = await seen([tool('read')], ['modern', 'legacy']);
    offer([tool('read')], [tool('read', { title: 'For legacy clients' }), tool('old')]);
    expect((await approve(name)).document).toMatchObject({ approved: [{ name: 'old' }, { name: 'read' }] });
  });
});

describe('the list of servers', () => {
  it('marks those with tools that wait, by what becomes of them [catalogue-marked]', async () => {
    const held = await seen([tool('read')]);
    offer([tool('read', { title: 'Other' }), tool('mail')]);
    await read(held);
    const { stdout } = await cli.run(['servers', 'list']);
    expect(stdout).toMatch(new RegExp(`${held} +enabled, 2 withheld`));
    const listed = (await cli.list(['servers', 'list'])).find(({ name }) => name === held);
    expect(listed).toMatchObject({ unapproved_tools: 2 });
    await cli.run(['servers', 'update', held, '--on-tool-change', 'flag']);
    await read(held);
    expect((await cli.run(['servers', 'list'])).stdout).toMatch(new RegExp(`${held} +enabled, 2 flagged`));
    await approve(held);
    expect((await cli.run(['servers', 'list'])).stdout).toMatch(new RegExp(`${held} +enabled +http`));
  });
});
