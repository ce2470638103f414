import { expect, test } from 'vitest';
import { MARKER, ProgramTree } from '../../../src/upstream/stdio/programTree.ts';

const ROOT = { pid: 100, startedAt: 7, mark: 'gateway.1;', pipes: ['socket:[5]'] };
const NO_TRACES = { environmentOf: () => undefined, standardStreamsOf: () => [] };
const process = (pid: number, other: object = {}) => ({
  pid,
  parent: 1,
  group: pid,
  session: pid,
  startedAt: 9,
  ...other,
});
const root = process(100, { startedAt: 7 });

test('a program’s session, group and descendants are its own, and nobody else', () => {
  const table = [
    root,
    process(1),
    process(101, { session: 100 }),
    process(102, { group: 100 }),
    process(104, { parent: 103 }),
    process(103, { parent: 100 }),
    process(105),
  ];
  expect(new ProgramTree(ROOT, NO_TRACES).find(table).sort()).toEqual([100, 101, 102, 103, 104]);
});

test('a number that was given to another process is none of its own', () => {
  const table = [process(100), process(101, { session: 100 })];
  expect(new ProgramTree(ROOT, NO_TRACES).find(table)).toEqual([]);
});

test('a marker is that of one program: another’s may begin like it', () => {
  const environmentOf = (pid: number) => Buffer.from(`A=b\0${MARKER}=gateway.${pid === 101 ? '1;' : '10;'}\0`);
  const tree = new ProgramTree(ROOT, { ...NO_TRACES, environmentOf });
  expect(tree.find([process(101), process(102)])).toEqual([101]);
});

test('a process that holds a pipe of the program is its own', () => {
  const standardStreamsOf = (pid: number) => (pid === 101 ? ['/dev/null', 'socket:[5]'] : ['socket:[55]']);
  expect(new ProgramTree(ROOT, { ...NO_TRACES, standardStreamsOf }).find([process(101), process(102)])).toEqual([101]);
});

test('a descendant that was seen is known without its parent, as long as it is the same process', () => {
  const tree = new ProgramTree(ROOT, NO_TRACES);
  tree.look([root, process(101, { parent: 100 })]);
  expect(tree.find([process(101)])).toEqual([101]);
  expect(tree.find([process(101, { startedAt: 10 })])).toEqual([]);
});
