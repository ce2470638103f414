import { fc, test as propertyTest } from '@fast-check/vitest';
import { expect } from 'vitest';
import { ask } from './client.ts';
import { fixture } from './fixture.ts';
import { MINE, OTHER, taskWorld } from './taskWorld.ts';

const resources = fixture();
const tasks = taskWorld(resources);
/** Another key's task, as the server calls it. */
const FOREIGN = 'task-2';
const RELATED = 'io.modelcontextprotocol/related-task';

/** A JSON object that may have a member twice: names as they are written, values as text. */
type Members = readonly (readonly [name: string, value: string])[];

function objectOf(members: Members): string {
  return `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
}

/** A name, or another spelling that some parser takes for it. */
function spellings(name: string): fc.Arbitrary<string> {
  const escaped = (at: number) =>
    `${name.slice(0, at)}\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}${name.slice(at + 1)}`;
  const others = [
    name.toUpperCase(),
    name.replace('k', '\u212a'),
    name.replace('s', '\u017f'),
    name.replace('/', '\\/'),
  ];
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(name) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
    { weight: 1, arbitrary: fc.nat(name.length - 1).map(escaped) },
  );
}

function member(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<readonly [string, string]> {
  return fc.tuple(spellings(name), value);
}

function members(...choices: fc.Arbitrary<readonly [string, string]>[]): fc.Arbitrary<string> {
  return fc.array(fc.oneof(...choices), { maxLength: 4 }).map(objectOf);
}

const id = fc.constantFrom(`"${FOREIGN}"`, '"t\\u0061sk-2"', '"MINE"', `["${FOREIGN}"]`, `{"taskId":"${FOREIGN}"}`);
const meta = members(
  member(RELATED, fc.oneof(id, members(member('taskId', id)))),
  member('progressToken', fc.constant('1')),
);
const params = members(member('taskId', id), member('_meta', meta), member('name', fc.constant('"compute"')));
const method = fc
  .constantFrom('tasks/get', 'tasks/cancel', 'tasks\\/result', 't\\u0061sks/get', 'tools/call', 'ping')
  .map((name) => `"${name}"`);
const message = fc
  .tuple(
    fc.constantFrom(['"jsonrpc":"2.0"'], ['"jsonrpc":"2.0"', '"id":1']),
    fc.array(
      fc
        .oneof(member('method', method), member('params', params), member('result', members(member('_meta', meta))))
        .map(([name, value]) => `"${name}":${value}`),
      { minLength: 1, maxLength: 4 },
    ),
    fc.boolean(),
  )
  .map(([head, rest, before]) => `{${(before ? [...head, ...rest] : [...rest, ...head]).join(',')}}`);

/** What a reader sees that takes every member that is there, in whatever spelling: does some method or relation name it? */
function namesForeign(text: string): boolean {
  const plain = text
    .replaceAll(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replaceAll('\\/', '/')
    .replaceAll('\u212a', 'k')
    .replaceAll('\u017f', 's')
    .toLowerCase();
  const related = new RegExp(`"${RELATED}":(?:\\{[^}]*)?[^}]*"${FOREIGN}"`).test(plain);
  return related || (/"method":"tasks\//.test(plain) && /"taskid":[[{]?[^,}]*"task-2"/.test(plain));
}

propertyTest.prop([fc.array(message, { minLength: 30, maxLength: 30 })], { numRuns: 30 })(
  'no spelling of a message names another key’s task to the server [mcp-task-one-reading]',
  async (texts) => {
    const { gateway, upstream, make } = await tasks();
    const mine = await make('legacy');
    await make('legacy', 'compute', OTHER);
    for (const text of texts) {
      const before = upstream.received.length;
      const { status } = await ask(gateway, '/mcp/files', { body: text.replaceAll('MINE', mine), headers: MINE });
      expect(status, text).toBeLessThan(500);
      for (const { body } of upstream.received.slice(before))
        expect([text, namesForeign(body.toString())]).toEqual([text, false]);
    }
  },
);
