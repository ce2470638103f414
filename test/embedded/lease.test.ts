import { closeSync, constants, mkdirSync, openSync, readdirSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isWritten, makeFifos, openReadingEnd } from '../../src/embedded/fifo.ts';
import { joinLease } from '../../src/embedded/lease.ts';
import { makeFolder, type TestFolder } from './folder.ts';
import { until } from '../support/until.ts';

let folder: TestFolder;
let fifo: string;
let acknowledgements: string;
beforeEach(async () => {
  folder = makeFolder();
  fifo = join(folder.path, 'lease');
  acknowledgements = join(folder.path, 'joined');
  mkdirSync(acknowledgements);
  await makeFifos(fifo);
});
afterEach(() => {
  folder[Symbol.dispose]();
});

function openReader(): number {
  return openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Reads the id that a newcomer writes. */
async function readId(reader: number): Promise<string> {
  const bytes = Buffer.alloc(64);
  let length = 0;
  await until('a newcomer asks', () => {
    try {
      length = readSync(reader, bytes);
    } catch {
      // Nothing written yet.
    }
    return length > 0;
  });
  return bytes.toString('utf8', 0, bytes.indexOf('\n'));
}

test('a lease is taken when the reader acknowledges it, and held until it is given back', async () => {
  const reader = openReader();
  const joining = joinLease(fifo, acknowledgements);
  writeFileSync(join(acknowledgements, await readId(reader)), '');
  const lease = await joining;
  expect(isWritten(fifo)).toBe(true);
  expect(readdirSync(acknowledgements)).toEqual([]);
  lease?.[Symbol.dispose]();
  expect(isWritten(fifo)).toBe(false);
  closeSync(reader);
});

test('a reader that has already seen the last leave, and closes unanswering, gives no lease', async () => {
  const reader = openReader();
  const joining = joinLease(fifo, acknowledgements);
  await readId(reader);
  closeSync(reader);
  expect(await joining).toBeUndefined();
  expect(isWritten(fifo)).toBe(false);
});

test('an id that another swallowed is written again', async () => {
  const reader = openReader();
  const joining = joinLease(fifo, acknowledgements);
  const first = await readId(reader);
  const second = await readId(reader);
  expect(second).toBe(first);
  writeFileSync(join(acknowledgements, second), '');
  (await joining)?.[Symbol.dispose]();
  closeSync(reader);
});

test('a FIFO without a reader, or that is not there, gives no lease', async () => {
  expect(await joinLease(fifo, acknowledgements)).toBeUndefined();
  expect(await joinLease(join(folder.path, 'none'), acknowledgements)).toBeUndefined();
  expect(openReadingEnd(join(folder.path, 'none'))).toBeUndefined();
});
