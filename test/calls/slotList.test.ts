import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { SlotList, type Slot } from '../../src/calls/slotList.ts';

test.prop([fc.array(fc.nat({ max: 20 }))])('a slot list contains what was added and not taken out', (steps) => {
  const list = new SlotList<number>();
  const slots: Slot<number>[] = [];
  const inside = new Set<number>();
  for (const [n, step] of steps.entries()) {
    const slot = slots[step];
    if (slot === undefined) {
      slots.push(list.add(n));
      inside.add(n);
    } else expect(list.remove(slot)).toBe(inside.delete(slot.item));
  }
  const seen: number[] = [];
  list.forEach((item) => seen.push(item));
  expect(seen.sort((a, b) => a - b)).toEqual([...inside].sort((a, b) => a - b));
  expect(list.size).toBe(inside.size);
});

test.prop([fc.array(fc.nat({ max: 9 }), { minLength: 10, maxLength: 10 })])(
  'each item is called for at least once, whatever the callback takes out',
  (removals) => {
    const list = new SlotList<number>();
    const slots = Array.from({ length: 10 }, (_, n) => list.add(n));
    const [seen, out] = [new Set<number>(), new Set<number>()];
    list.forEach((item) => {
      seen.add(item);
      const victim = removals[item];
      if (victim !== undefined && list.remove(slots[victim]!)) out.add(victim);
    });
    for (let n = 0; n < 10; n += 1) expect(seen.has(n) || out.has(n)).toBe(true);
  },
);
