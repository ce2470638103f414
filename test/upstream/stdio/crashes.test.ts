import { expect, test } from 'vitest';
import { Crashes } from '../../../src/upstream/stdio/crashes.ts';

test('programs that end again and again are started less and less often, for those alone who use them [proxy-stdio-crashes-paced]', () => {
  let now = 0;
  const crashes = new Crashes(() => now, { waitMs: (attempt) => 100 * attempt, forgetMs: 30_000 });
  const waits = Array.from({ length: 6 }, () => {
    crashes.note('files a');
    return crashes.waitMs('files a');
  });
  expect(waits).toEqual([0, 0, 100, 200, 300, 400]);
  expect(crashes.waitMs('files b')).toBe(0);
  expect(crashes.waitMs('other a')).toBe(0);
  now += 30_000;
  expect(crashes.waitMs('files a')).toBe(0);
});

test('a server that is restarted or changed is tried at once', () => {
  const crashes = new Crashes(() => 0, { waitMs: () => 100, forgetMs: 30_000 });
  for (let n = 0; n < 4; n += 1) for (const id of ['files a', 'files-2 a']) crashes.note(id);
  crashes.forget('files ');
  expect([crashes.waitMs('files a'), crashes.waitMs('files-2 a')]).toEqual([0, 100]);
});
