import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { stringifyLossless } from '../../../src/mcp/losslessJson.ts';
import { compileGrants, type ToolGrant } from '../../../src/access/grants.ts';
import { result, rpcError, stream, event } from '../support/scriptedServer.ts';
import { homeOf } from './aggregateOf.ts';
import { collect, manyServers, tool } from './manyServers.ts';

const namesOf = (items: unknown): unknown[] => (items as { name: unknown }[]).map(({ name }) => name);
const echoed = ({ result: got }: { result?: unknown }): unknown =>
  JSON.parse((got as { content: { text: string }[] }).content[0]?.text ?? '');
const onlyTools = (...patterns: string[]): ToolGrant => {
  const grant = compileGrants(patterns).forServer('github');
  if (grant === undefined) throw new Error('not granted');
  return grant;
};

describe.each(['legacy', 'modern'] as const)('an aggregate of %s servers', (era) => {
  test('lists what all of them offer, in the order of the names [aggregate-lists]', async () => {
    await using many = manyServers(era);
    await many.add('web', { tools: [tool('search'), tool('fetch')] });
    await many.add('files', { tools: [tool('read file'), tool('write')], prompts: [{ name: 'sum up' }] });
    const tools = await many.ask('tools/list');
    expect(namesOf(tools.result?.['tools'])).toEqual([
      expect.stringMatching(/^files__read_file--/),
      'files__write',
      'web__fetch',
      'web__search',
    ]);
    expect(tools.result).not.toHaveProperty('nextCursor');
    expect(namesOf((await many.ask('prompts/list')).result?.['prompts'])).toEqual([
      expect.stringMatching(/^files__sum_up--/),
    ]);
    expect((await many.ask('resources/list')).result).toMatchObject({ resources: [] });
  });

  test('changes nothing of a tool but its name [aggregate-bytes]', async () => {
    const text =
      '{"name":"add","title":"é","inputSchema":{"type":"object","properties":{"n":{"maximum":9223372036854775807,"x":1.0}},"$defs":{}},"_meta":{"mine":[null]},"own":1e400}';
    await using many = manyServers(era);
    await many.add('math', {
      tools: [],
      methods: {
        'tools/list': (seen, response) => {
          const id = JSON.stringify(seen.message.id);
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(`{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","tools":[${text}]}}`);
        },
      },
    });
    const [answer] = await collect(many.aggregate.ask({ method: 'tools/list' }));
    const written = answer?.kind === 'response' ? answer.resultBytes?.toString() : '';
    expect(written).toContain(text.replace('"add"', '"math__add"'));
    expect(stringifyLossless({})).toBe('{}');
  });

  test('calls a tool, gets a prompt and completes an argument at the server that has it, by its own name [aggregate-routes]', async () => {
    await using many = manyServers(era);
    await many.add('files', { tools: [tool('read file'), tool('write')], prompts: [{ name: 'sum up' }] });
    const web = await many.add('web', { tools: [tool('write')] });
    const [odd] = namesOf((await many.ask('tools/list')).result?.['tools']);
    expect(echoed(await many.ask('tools/call', { name: odd, arguments: { a: 1 } }))).toMatchObject({
      name: 'read file',
      arguments: { a: 1 },
    });
    expect(echoed(await many.ask('tools/call', { name: 'web__write' }))).toMatchObject({ name: 'write' });
    expect(web.methods.filter((method) => method === 'tools/call')).toHaveLength(1);
    const [prompt] = namesOf((await many.ask('prompts/list')).result?.['prompts']);
    expect(echoed(await many.ask('prompts/get', { name: prompt }))).toMatchObject({ name: 'sum up' });
    const ref = { type: 'ref/prompt', name: prompt };
    const argument = { name: 'a', value: 'b' };
    expect(echoed(await many.ask('completion/complete', { ref, argument, context: { arguments: {} } }))).toMatchObject({
      ref: { type: 'ref/prompt', name: 'sum up' },
      argument,
      context: { arguments: {} },
    });
    expect(many.members.entered).toContain('files tools/call read file');
  });

  test.each(['files__', 'other__write', 'write', '__write', 'files_write', 'files__read file', 7, undefined])(
    'does not know a tool %j [aggregate-routes]',
    async (name) => {
      await using many = manyServers(era);
      const server = await many.add('files', { tools: [tool('read file')] });
      const { error } = await many.ask('tools/call', { name });
      expect(error?.code).toBe(-32_602);
      expect(server.methods).not.toContain('tools/call');
    },
  );

  test('knows no method of a server’s own, and passes a server’s error on [aggregate-routes]', async () => {
    await using many = manyServers(era);
    const error = { code: -32_602, message: 'so not', data: { why: 1 } };
    await many.add('files', {
      tools: [],
      methods: { 'tools/call': (seen, response) => rpcError(seen, response, 200, error) },
    });
    expect((await many.ask('vendor/own')).error?.code).toBe(-32_601);
    expect((await many.ask('tools/call', { name: 'files__x' })).error).toEqual(error);
  });

  test('reads a resource where it is listed, else where a template matches, else at the only server with any [aggregate-resources]', async () => {
    await using many = manyServers(era);
    const resource = (uri: string) => ({ uri, name: uri });
    const template = (uriTemplate: string) => ({ uriTemplate, name: uriTemplate });
    const a = await many.add('a', {
      resources: [resource('db://one'), resource('db://both')],
      resourceTemplates: [template('db://row/{id}')],
    });
    const b = await many.add('b', {
      resources: [resource('db://two'), resource('db://both')],
      resourceTemplates: [template('db://column/{name}/data')],
    });
    const reads = async (uri: string) => {
      const before = [a, b].map(({ methods }) => methods.length);
      const answer = await many.ask('resources/read', { uri });
      const asked = [a, b].findIndex(({ methods }, at) => methods.slice(before[at]).includes('resources/read'));
      if (asked >= 0) expect(echoed(answer)).toMatchObject({ uri });
      return asked === -1 ? answer.error?.code : 'ab'[asked];
    };
    expect(await reads('db://one')).toBe('a');
    expect(await reads('db://two')).toBe('b');
    expect(await reads('db://both')).toBe('a');
    expect(await reads('db://row/7')).toBe('a');
    expect(await reads('db://column/x/data')).toBe('b');
    expect(await reads('db://nowhere')).toBe(era === 'modern' ? -32_602 : -32_002);
    const { result: listed } = await many.ask('resources/list');
    expect((listed?.['resources'] as { uri: string }[]).map(({ uri }) => uri)).toEqual([
      'db://both',
      'db://one',
      'db://two',
    ]);
    many.members.set('b', undefined);
    expect(await reads('db://nowhere')).toBe('a');
  });

  test('shows a key with tool grants nothing else of that server [aggregate-grants]', async () => {
    await using many = manyServers(era);
    const offer = {
      tools: [tool('search'), tool('delete')],
      prompts: [{ name: 'p' }],
      resources: [{ uri: 'db://x', name: 'x' }],
    };
    const github = await many.add('github', offer, { grant: onlyTools('github:sea*') });
    await many.add('web', { prompts: [{ name: 'q' }] });
    expect(namesOf((await many.ask('tools/list')).result?.['tools'])).toEqual(['github__search']);
    expect(namesOf((await many.ask('prompts/list')).result?.['prompts'])).toEqual(['web__q']);
    expect((await many.ask('resources/list')).result?.['resources']).toEqual([]);
    expect((await many.ask('tools/call', { name: 'github__delete' })).error?.code).toBe(-32_602);
    expect((await many.ask('prompts/get', { name: 'github__p' })).error?.code).toBe(-32_602);
    expect((await many.ask('resources/read', { uri: 'db://x' })).error?.code).toBe(
      era === 'modern' ? -32_602 : -32_002,
    );
    expect(github.methods).not.toContain('resources/read');
    expect((await many.ask('tools/call', { name: 'github__search' })).error).toBeUndefined();
    const facts = await many.aggregate.introduce();
    expect(facts.capabilities).not.toHaveProperty('resources');
  });

  test('shortens what one of them says at length, and takes no prototype for a capability [aggregate-facts]', async () => {
    await using many = manyServers(era);
    await many.add('a', {
      capabilities: JSON.parse('{"tools":{},"__proto__":{"prompts":{}},"constructor":{}}') as JsonObject,
      instructions: 'x'.repeat(100_000),
    });
    await many.add('b', { instructions: 'b!' });
    const { capabilities, instructions = '' } = await many.aggregate.introduce();
    expect(Object.getPrototypeOf(capabilities)).toBe(Object.prototype);
    expect(instructions.length).toBeLessThan(33_000);
    expect(instructions).toContain('whole at /mcp/a');
    expect(instructions).toContain('# b\n\nb!');
  });

  test('says once what several of them say alike [aggregate-facts]', async () => {
    await using many = manyServers(era);
    await many.add('a', { instructions: 'Be kind.' });
    await many.add('b', { instructions: 'b!' });
    await many.add('c', { instructions: 'Be kind.\n' });
    expect((await many.aggregate.introduce()).instructions).toBe('# a, c\n\nBe kind.\n\n# b\n\nb!');
  });

  test('declares what one of them has, and names whose instructions are whose [aggregate-facts]', async () => {
    await using many = manyServers(era);
    await many.add('a', { capabilities: { tools: {}, completions: {} }, instructions: 'Use a well.\n' });
    await many.add('b', {
      capabilities: { resources: { subscribe: true }, experimental: { x: {} } },
      instructions: 'b!',
    });
    await expect(many.aggregate.introduce()).resolves.toEqual({
      era,
      protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
      serverInfo: { name: 'metamcp', version: '1' },
      capabilities: {
        tools: { listChanged: true },
        completions: {},
        resources: { subscribe: true, listChanged: true },
      },
      instructions: '# a\n\nUse a well.\n\n# b\n\nb!',
    });
  });

  test('gives what comes before an answer in order, and progress under the client’s token [aggregate-order]', async () => {
    await using many = manyServers(era);
    await many.add('a', {
      tools: [],
      methods: {
        'tools/call': (seen, response) => {
          const meta = seen.message.params?.['_meta'] as { progressToken: unknown };
          const steps = [1, 2, 3].map((progress) =>
            event({
              jsonrpc: '2.0',
              method: 'notifications/progress',
              params: { progressToken: meta.progressToken, progress },
            }),
          );
          stream(response, ...steps);
          response.end(event({ jsonrpc: '2.0', id: seen.message.id, result: { resultType: 'complete', content: [] } }));
        },
      },
    });
    const params = { name: 'a__work', _meta: { progressToken: 'mine' } };
    const messages = await collect(many.aggregate.ask({ method: 'tools/call', params }));
    expect(messages.slice(0, 3)).toMatchObject(
      [1, 2, 3].map((progress) => ({ notification: { params: { progressToken: 'mine', progress } } })),
    );
    expect(messages.at(-1)).toMatchObject({ kind: 'response', response: { result: { content: [] } } });
  });

  test('pages a long list with cursors of its own [aggregate-cursors]', async () => {
    await using many = manyServers(era);
    const tools = Array.from({ length: 6_000 }, (_, at) => tool(`t${String(at).padStart(4, '0')}`));
    await many.add('a', { tools });
    const first = await many.ask('tools/list');
    const nextCursor = first.result?.['nextCursor'];
    expect(first.result?.['tools']).toHaveLength(5_000);
    const second = await many.ask('tools/list', { cursor: nextCursor });
    expect(namesOf(second.result?.['tools'])).toEqual(tools.slice(5_000).map(({ name }) => `a__${String(name)}`));
    expect(second.result).not.toHaveProperty('nextCursor');
    expect((await many.ask('tools/list', { cursor: '' })).result?.['tools']).toHaveLength(5_000);
    for (const bad of ['x', 7, String(nextCursor).slice(0, -3)]) {
      expect((await many.ask('tools/list', { cursor: bad })).error?.code).toBe(-32_602);
    }
    expect((await many.ask('prompts/list', { cursor: nextCursor })).error?.code).toBe(-32_602);
  });

  test('leads the ids of a server’s tasks back to it [aggregate-tasks]', async () => {
    await using many = manyServers(era);
    const related = { 'io.modelcontextprotocol/related-task': { taskId: 't1' } };
    const server = await many.add('a', {
      tools: [],
      methods: {
        'tools/call': (seen, response) =>
          result(seen, response, era === 'modern' ? { resultType: 'task', taskId: 't1' } : { task: { taskId: 't1' } }),
        'tasks/get': (seen, response) => result(seen, response, { taskId: 't1', status: 'working', _meta: related }),
      },
    });
    await many.add('b', { tools: [] });
    const { result: made } = await many.ask('tools/call', { name: 'a__work', task: {} });
    const taskId = era === 'modern' ? made?.['taskId'] : (made?.['task'] as { taskId: unknown }).taskId;
    expect(taskId).toBe(`${homeOf('a')}__t1`);
    const { result: got } = await many.ask('tasks/get', { taskId });
    expect(got).toMatchObject({ taskId, _meta: { 'io.modelcontextprotocol/related-task': { taskId } } });
    expect(server.seen.at(-1)?.message.params).toMatchObject({ taskId: 't1' });
    expect((await many.ask('tasks/get', { taskId: 't1' })).error?.code).toBe(-32_602);
  });
});
