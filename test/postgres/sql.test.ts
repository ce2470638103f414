import { expect, test } from 'vitest';
import { sql } from '../../src/postgres/sql.ts';

test('a value becomes a parameter, never text', () => {
  const name = `'; drop table events; --`;
  expect(sql`select ${1} as one, ${name} as name`).toEqual({ text: 'select $1 as one, $2 as name', values: [1, name] });
});

test('a statement without values is its text', () => {
  expect(sql`select 1`).toEqual({ text: 'select 1', values: [] });
});
