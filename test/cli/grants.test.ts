import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { audienceId, audienceOf } from '../../src/catalogue/audience.ts';
import { contentSteps } from '../../src/catalogue/rememberedContent.ts';
import { claimRefresh, storeCatalogue } from '../../src/catalogue/rememberedTable.ts';
import { atOnce } from '../../src/slices.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import type { OfferedCatalogue } from '../../src/catalogue/offeredCatalogue.ts';
import { EMPTY } from '../../src/upstream/lists.ts';
import { cliFixture } from './cliFixture.ts';

const NOWHERE = 'http://127.0.0.1:1/mcp';

const cli = cliFixture();
beforeAll(async () => {
  await cli.run(['servers', 'add', 'github', '--url', NOWHERE]);
  await cli.run(['servers', 'add', 'unread', '--url', NOWHERE]);
  await remember('github', ['search_code', 'search_issues']);
});

/** Remembers tools of a server, as a gateway does that has read them. */
async function remember(server: string, names: readonly string[]): Promise<void> {
  const { db } = cli.database;
  const revision = (await findServer(db, server))?.revision ?? -1;
  const id = { server, audience: audienceId(audienceOf('legacy', {})), revision };
  await claimRefresh(db, { ...id, key: undefined, attempts: 0 });
  const tools = { ...EMPTY, items: names.map((name) => ({ name, inputSchema: { type: 'object' } })) };
  const facts = { era: 'legacy', protocolVersion: '2025-11-25', capabilities: {}, serverInfo: undefined };
  const lists = { tools, prompts: EMPTY, resources: EMPTY, resourceTemplates: EMPTY };
  const offered = { facts, lists } as unknown as OfferedCatalogue;
  await storeCatalogue(db, { ...id, digest: names.join(), content: atOnce(contentSteps(offered)) });
}

let keys = 0;

/** Each with a name of its own: of two keys of one name there is another warning. */
const create = (grants: readonly string[], ...options: readonly string[]) =>
  cli.run(['keys', 'create', '--name', `ci${++keys}`, ...grants.flatMap((grant) => ['--grant', grant]), ...options]);

describe('a grant that leads nowhere', () => {
  it.each([
    ['nosuch', 'is granted the server nosuch, which does not exist.'],
    ['nosuch:*', 'is granted the server nosuch, which does not exist.'],
    ['githb:search_*', 'is granted the server githb, which does not exist. Did you mean github?'],
    ['github:serch_code', 'none of the 2 tools that github has shown. Did you mean search_code?'],
    ['github:delete_*', 'is granted github:delete_*, which is none of the 2 tools that github has shown.'],
  ])('is warned of, and is no error: %s [cli-unmet-grants]', async (grant, warning) => {
    const { code, stderr } = await create(['*', grant, grant]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(warning) });
    expect(stderr.match(/warning:/g)).toHaveLength(1);
    expect(stderr).toContain(`The key “ci${keys}” is granted`);
    const tried = await create([grant], '--dry-run');
    expect(tried.stderr).toBe(stderr.replace(`ci${keys - 1}`, `ci${keys}`));
  });

  it.each([[], ['*'], ['github'], ['github:*', 'github:search_c*'], ['unread:whatever'], ['unread']])(
    'is none of %j [cli-unmet-grants]',
    async (...grants) => {
      expect(await create(grants)).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('is warned of where a key is changed, by what it is granted anew only [cli-unmet-grants]', async () => {
    const { id } = (await cli.json(['keys', 'create', '--name', 'ci', '--grant', 'nosuch'])).document;
    const access = (...options: string[]) => cli.run(['keys', 'access', id, ...options]);
    expect((await access('--grant', 'unred')).stderr).toContain('Did you mean unread?');
    expect((await access('--grant', 'unred', '--dry-run')).stderr).toContain('Did you mean unread?');
    expect(await access('--scope', 'mcp')).toMatchObject({ code: 0, stderr: '' });
  });

  it('is warned of by apply, with what the file itself adds and removes [cli-unmet-grants]', async () => {
    await writeFile(
      join(cli.folder, 'file.yaml'),
      `version: 1
servers: { github: { url: "${NOWHERE}" }, newone: { url: "${NOWHERE}" } }
keys: { ci: { grants: [newone, newoen, "github:nosuch", unread] } }
`,
    );
    const warnings = [
      'The key “ci” is granted the server newoen, which does not exist. Did you mean newone?',
      expect.stringContaining('github:nosuch, which is none of the 2 tools'),
    ];
    const plan = async (...more: string[]) => {
      const { document } = await cli.json(['apply', '-f', 'file.yaml', '--dry-run', ...more]);
      return (document as unknown as { warnings: string[] }).warnings;
    };
    const keys = await cli.list(['keys', 'list']);
    for (const { id } of keys) await cli.run(['keys', 'delete', id, '--confirm']);
    expect(await plan()).toEqual(warnings);
    expect(await plan('--prune', '--yes')).toEqual([
      warnings[0],
      'The key “ci” is granted the server unread, which does not exist.',
      warnings[1],
    ]);
  });
});
