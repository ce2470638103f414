import { describe, expect, it } from 'vitest';
import { uuidV5, uuidV7 } from '../src/ids.ts';

describe('ids', () => {
  it('of version 7 carry the time and sort by it', () => {
    const ms = Date.parse('2026-11-23T00:00:00Z');
    const ids = [0, 1, 2].map((n) => uuidV7(ms + n));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids.toSorted()).toEqual(ids);
    expect(Number.parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16)).toBe(ms);
  });
  it('of version 5 are the same for the same name, for ever', () => {
    expect(uuidV5('github')).toBe('a888dc19-4554-5594-90c2-641582831085');
    expect(uuidV5('github')).not.toBe(uuidV5('gitlab'));
  });
});
