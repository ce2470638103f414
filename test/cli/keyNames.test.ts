import { describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';
import type { Document } from './inProcess.ts';

const cli = cliFixture();

async function create(name: string, ...options: string[]): Promise<Document> {
  const { code, document } = await cli.json(['keys', 'create', '--name', name, ...options]);
  expect(code).toBe(0);
  return document;
}

async function show(typed: string): Promise<Document> {
  return (await cli.json(['keys', 'show', typed])).document;
}

describe('a key is named', () => {
  it('by its name, either end of its id, or the beginning of its text [cli-id-prefix]', async () => {
    const { id, api_key } = await create('laptop');
    const beginning = api_key.slice(0, 26);
    for (const typed of ['laptop', id, id.slice(-8), id.slice(-8).toUpperCase(), id.slice(0, 35)]) {
      expect(await show(typed)).toMatchObject({ id, name: 'laptop' });
    }
    for (const typed of [beginning, `${beginning}_`, `${beginning}…`, `${beginning}_${api_key.slice(27, 31)}`]) {
      expect(await show(typed)).toMatchObject({ id, name: 'laptop' });
    }
    expect((await cli.json(['usage', '--key', 'laptop'])).code).toBe(0);
    expect((await cli.json(['audit', 'keys', 'laptop'])).document).toMatchObject({ id });
    expect((await cli.json(['audit', 'at', 'now', '--key', 'laptop'])).document).toMatchObject({ keys: [{ id }] });
  });

  it('by a name that begins as keys do, or looks like digits of an id [cli-id-prefix]', async () => {
    for (const name of ['mcp_desk', 'ab', '019', 'Köln – 2']) {
      const { id } = await create(name);
      expect(await show(name)).toMatchObject({ id });
    }
  });

  it('by a name of which the others are rotated or deleted [cli-id-prefix]', async () => {
    const first = await create('desk');
    const { document: second } = await cli.json(['keys', 'rotate', 'desk']);
    expect(await show('desk')).toMatchObject({ id: second.id });
    await cli.run(['keys', 'delete', 'desk', '--confirm']);
    expect(await show('desk')).toMatchObject({ id: first.id, status: 'rotated' });
    const third = await create('desk');
    await cli.run(['keys', 'inactivate', third.id]);
    expect((await cli.json(['keys', 'activate', 'desk'])).document).toMatchObject({ id: third.id, status: 'active' });
  });

  it('by no name that two living keys have, and neither by the secret [cli-id-prefix]', async () => {
    const one = await create('twin');
    const { code, stderr } = await cli.run(['keys', 'create', '--name', 'twin']);
    expect(code).toBe(0);
    expect(stderr).toMatch(new RegExp(`^warning: Another key has this name, twin \\(${one.id.slice(-8)}\\)`));
    const refused = await cli.run(['keys', 'delete', 'twin', '--confirm']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`twin (${one.id.slice(-8)}), active`) });
    const named = await create(one.id.slice(-8));
    expect((await show(named.name)).error.data.candidates.map(({ id }) => id).sort()).toEqual(
      [one.id, named.id].sort(),
    );
    expect(await show(one.id)).toMatchObject({ id: one.id });

    const whole = await cli.run(['keys', 'show', one.api_key]);
    expect(whole).toMatchObject({ code: 2, stderr: expect.stringContaining('That is a whole key') });
    expect(whole.stderr).not.toContain(one.api_key.slice(0, 26));
  });
});

describe('people read', () => {
  it('the names of keys in tables and histories, each with what commands take for it [cli-key-names]', async () => {
    const old = await create('robot with quite a long name');
    const { document: successor } = await cli.json(['keys', 'rotate', old.id]);
    const titleOf = ({ id }: Document) => `${old.name} (${id.slice(-8)})`;
    const wide = { columns: 100, env: { NO_COLOR: '1' } };
    const list = await cli.run(['keys', 'list', '--name', 'robot'], wide);
    const [header = '', ...lines] = list.stdout.split('\n');
    const row = lines.find((line) => line.includes(successor.id.slice(-8)));
    expect(header).toMatch(/^NAME +ID +STATUS/);
    expect(row).toContain(old.name.slice(0, 17));
    const trail = (await cli.run(['audit', 'tail', '--subject', old.name])).stdout;
    expect(trail).toContain(titleOf(old));
    expect(trail).toContain(`successor ${titleOf(successor)}`);
    expect((await cli.run(['keys', 'show', old.id])).stdout).toMatch(/^Successor +robot/m);
    expect((await cli.run(['keys', 'show', successor.id])).stdout).toContain(`rotated from ${titleOf(old)}`);
  });

  it('only the events of the subject and the actor that they name [cli-key-names]', async () => {
    const { id } = await create('spare');
    await cli.run(['keys', 'inactivate', 'spare']);
    for (const subject of ['spare', id, id.slice(-8)]) {
      const events = await cli.list(['audit', 'tail', '--subject', subject]);
      expect(events.map(({ type }) => type)).toEqual(['ApiKeyCreated', 'ApiKeyInactivated']);
    }
    expect(await cli.list(['audit', 'tail', '--subject', 'spar'])).toEqual([]);
  });
});
