import { expect, test } from 'vitest';
import { listCapabilities } from '../../src/mcp/listCapabilities.ts';

test('what a client can be asked for tells clients apart, with its members [aggregate-lists-bounded]', () => {
  const capabilities = {
    roots: { listChanged: true },
    sampling: { tools: {}, context: {} },
    elicitation: { url: {}, form: {} },
    tasks: { list: {}, requests: { sampling: { createMessage: {} } } },
    extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } },
  };
  expect(listCapabilities(capabilities)).toEqual({
    elicitation: { form: {}, url: {} },
    extensions: { 'io.modelcontextprotocol/ui': {} },
    roots: { listChanged: {} },
    sampling: { context: {}, tools: {} },
    tasks: { list: {}, requests: { sampling: { createMessage: {} } } },
  });
  const each = [{}, { roots: {} }, { sampling: {} }, { elicitation: {} }, { elicitation: { url: {} } }, capabilities];
  expect(new Set(each.map((one) => JSON.stringify(listCapabilities(one)))).size).toBe(each.length);
});

test.each([
  ['a member of no revision', { 'x-vendor': { n: 1 }, experimental: { a: {} } }, {}],
  [
    'a member of a member',
    { roots: { listChanged: false, salt: 4 }, elicitation: { salt: [] } },
    { elicitation: {}, roots: {} },
  ],
  ['an extension that nobody knows', { extensions: { 'com.example/n': {} } }, {}],
  ['what is not declared', { roots: null, sampling: false }, {}],
  ['the order', { sampling: {}, roots: {} }, { roots: {}, sampling: {} }],
  ['a value that is no object', { roots: 'yes', elicitation: { form: 7 } }, { elicitation: { form: {} }, roots: {} }],
  ['a name of every object', { constructor: {}, roots: { constructor: {} } }, { roots: {} }],
])('%s makes no other client of it [aggregate-lists-bounded]', (_what, declared, reduced) => {
  expect(JSON.stringify(listCapabilities(declared))).toBe(JSON.stringify(reduced));
});
