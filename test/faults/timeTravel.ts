import { expect } from 'vitest';
import type { Snapshot } from '../support/eventStoreServer/snapshot.ts';
import { callWith } from './judge.ts';
import type { Phase } from './phases.ts';
import { calmDown } from './quietPoint.ts';
import { storedTags } from './storedTags.ts';

/** An older backup of the store is put back under running gateways, and then the newest again. */
export function timeTravel(takeSnapshot: () => Promise<Snapshot>): Phase {
  return {
    name: 'an older backup of the store',
    async run({ installation, administrate }) {
      const { journal, commands, replicas } = installation;
      const older = await takeSnapshot();
      await calmDown(installation);
      let before = commands.length;
      // So that there is something that the older one lacks.
      while (!commands.slice(before).some(({ outcome }) => outcome.result === 'done' && outcome.changed !== false)) {
        await administrate(2);
      }
      const newest = await takeSnapshot();
      await older.restore();
      const tags = await storedTags(installation);
      journal.note('the older backup is there');
      before = commands.length;
      await administrate(2);
      for (const { what, outcome } of commands.slice(before)) {
        const isRefused =
          outcome.result === 'not stored' || (outcome.result === 'refused' && outcome.code.endsWith('not-found'));
        if (!isRefused) journal.violation(`${what} on an older store ended with ${JSON.stringify(outcome)}`);
      }
      if (JSON.stringify([...(await storedTags(installation))]) !== JSON.stringify([...tags])) {
        journal.violation('something was appended to the older store');
      }
      for (const replica of replicas) {
        await expect.poll(() => callWith(installation, replica, 'root'), { timeout: 60_000 }).toBe(200);
        const takesChanges = async () => {
          const health = await (await fetch(`${replica.url ?? ''}/health`)).json();
          return (health as { ready?: { changes?: boolean } }).ready?.changes;
        };
        await expect.poll(takesChanges, { timeout: 60_000 }).toBe(false);
      }
      await newest.restore();
      journal.note('the newest backup is there');
    },
  };
}
