import { expect, test } from 'vitest';
import { StreamTable } from '../../src/audit/streamTable.ts';

test('streams of keys, of servers and of any other name are distinguished and named again', () => {
  const uuid = '0190a1b2-0000-7000-8000-0000000000ff';
  const names = [
    `apiKey-${uuid}`,
    `apiKey-${uuid.toUpperCase()}`,
    `mcpServer-${uuid.slice(0, 32)}`,
    'apiKey-nobody',
    '0123456789abcdef',
    Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('latin1'),
    ...Array.from({ length: 5_000 }, (_, n) => `mcpServer-s${n}`),
  ];
  const table = new StreamTable();
  for (const [i, name] of names.entries()) {
    const hash = Buffer.alloc(32, i).toString('base64url');
    table.set(table.add(name), { revision: i, position: BigInt(i) * 2n ** 40n, hash });
  }
  expect(table.size).toBe(names.length);
  for (const [i, name] of names.entries()) {
    const hash = Buffer.alloc(32, i).toString('base64url');
    expect(table.end(table.find(name)!)).toEqual({ revision: i, position: BigInt(i) * 2n ** 40n, hash });
  }
  expect([...table.entries()].map(([name]) => name).toSorted()).toEqual(names.toSorted());
  expect(table.find('apiKey-somebody')).toBeUndefined();
  for (const name of names.slice(1)) table.see(table.find(name)!);
  expect([...table.unseen()]).toEqual([[names[0], 0]]);
});
