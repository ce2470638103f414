import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { setUp, type Row } from './memoryFixture.ts';

type Action = readonly ['get' | 'open' | 'write' | 'delete', string] | readonly ['lose'] | readonly ['restore'];

const actions = fc.array(
  fc.record<{ action: Action; steps: number }>({
    action: fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constantFrom('get' as const, 'open' as const), fc.constantFrom('a', 'b')) },
      {
        weight: 3,
        arbitrary: fc.tuple(fc.constantFrom('write' as const, 'delete' as const), fc.constantFrom('a', 'b')),
      },
      { weight: 1, arbitrary: fc.constant(['lose'] as const) },
      { weight: 1, arbitrary: fc.constant(['restore'] as const) },
    ),
    steps: fc.nat({ max: 4 }),
  }),
  { maxLength: 25 },
);

describe('memory, however loads, changes and losses of the feed interleave', () => {
  test.prop([fc.scheduler(), actions, fc.integer({ min: 1, max: 3 })], { numRuns: 1_000 })(
    'never answers with what was replaced before the call, lets who holds a value know of another one before it is confirmed, and ends up like the table [projections-memory-fresh]',
    async (s, script, capacity) => {
      const { table, feed, changes, memory } = setUp(capacity, (what) => s.schedule(Promise.resolve(), what));
      /** Every state of a row, in order; the row of version 0 is not there. */
      const states = new Map<string, { version: number; there: boolean }[]>();
      const statesOf = (id: string) => {
        const known = states.get(id) ?? [{ version: 0, there: false }];
        states.set(id, known);
        return known;
      };
      const confirmed = new Map<string, number>();
      const running: Promise<unknown>[] = [];
      let epoch = 0;
      let connected = true;
      /** Those who go by a value, as the register of running calls does: what each has heard of last. */
      const holders: { readonly id: string; value: Row | undefined }[] = [];
      const admitted = new Map<string, Row>();
      memory.onChange((id, value) => {
        for (const holder of holders) if (holder.id === id) holder.value = value;
      });
      const expectKnown = (id: string, version: number, some: typeof holders): void => {
        const possible = statesOf(id).slice(version);
        for (const { value } of some.filter((holder) => holder.id === id)) {
          expect(possible.map(({ version, there }) => (there ? version : undefined))).toContain(value?.version);
        }
      };

      const write = (id: string, there: boolean): void => {
        const version = statesOf(id).length;
        statesOf(id).push({ version, there });
        if (there) table.set(id, { version });
        else table.delete(id);
        const at = epoch;
        running.push(
          s.schedule(Promise.resolve(), `notify ${id}`).then(async () => {
            // A lost connection delivers nothing; the re-read makes up for it.
            if (at !== epoch || !connected) return;
            const before = [...holders];
            await feed.change(id);
            if (at === epoch) expectKnown(id, version, before);
            if (at === epoch) confirmed.set(id, Math.max(version, confirmed.get(id) ?? 0));
          }),
        );
      };

      const get = (id: string): void => {
        const oldest = feed.trusted ? (confirmed.get(id) ?? 0) : statesOf(id).length - 1;
        const check = (row: Row | undefined): void => {
          const possible = statesOf(id).slice(oldest);
          expect(possible.map(({ version, there }) => (there ? version : undefined))).toContain(row?.version);
        };
        const answer = memory.get(id);
        const admit = (row: Row | undefined): void => {
          check(row);
          if (row !== undefined) admitted.set(id, row);
        };
        if (answer instanceof Promise) running.push(answer.then(admit));
        else admit(answer);
      };

      /** Goes by what is there, or, while it is read again, by what was there when it was admitted. */
      const open = (id: string): void => {
        const now = memory.get(id);
        const value = now instanceof Promise ? admitted.get(id) : now;
        if (now instanceof Promise) running.push(now);
        if (value === undefined) return;
        holders.push({ id, value });
        memory.hold(id, value);
      };

      const lose = (): void => {
        epoch += 1;
        connected = false;
        feed.trusted = false;
      };

      const restore = (): void => {
        if (connected) return;
        epoch += 1;
        connected = true;
        const at = epoch;
        const committed = new Map([...states].map(([id, all]) => [id, all.length - 1]));
        const before = [...holders];
        running.push(
          Promise.resolve(feed.listener({ all: true })).then(() => {
            if (at !== epoch) return;
            feed.trusted = true;
            for (const [id, version] of committed) expectKnown(id, version, before);
            for (const [id, version] of committed) confirmed.set(id, Math.max(version, confirmed.get(id) ?? 0));
          }),
        );
      };

      const letGo = memory.hold('a', { version: 0 });
      for (const { action, steps } of script) {
        if (action[0] === 'get') get(action[1]);
        else if (action[0] === 'open') open(action[1]);
        else if (action[0] === 'write' || action[0] === 'delete') write(action[1], action[0] === 'write');
        else if (action[0] === 'lose') lose();
        else restore();
        for (let i = 0; i < steps && s.count() > 0; i += 1) await s.waitNext(1);
      }
      await s.waitIdle();
      lose();
      restore();
      await s.waitIdle();
      await Promise.all(running);
      expect(feed.trusted).toBe(true);
      for (const id of ['a', 'b']) {
        const answer = memory.get(id);
        await s.waitIdle();
        expect(await answer).toEqual(table.get(id));
        const last = changes.findLast(([of]) => of === id);
        if (id === 'a' && last !== undefined) expect(last[1]).toEqual(table.get('a'));
      }
      letGo();
    },
  );
});
