import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { EventStore, Visibility } from '../../src/events/eventStore.ts';
import { streamRepairStream } from '../../src/events/streamRepair.ts';
import { sql } from '../../src/postgres/sql.ts';
import { appendGenuine, eventAt, garbage } from './auditFixture.ts';
import type { AuditWorld, AuditWorlds } from './auditWorld.ts';

/** The third part of auditVerify.ts: streams of strangers, events that can't be read, what an operator did. */
export function auditStreamsContract(name: string, worlds: AuditWorlds): void {
  describe(`audit verify on ${name}`, () => {
    let world: AuditWorld;
    let installation: AuditWorld['installation'];
    let made: AuditWorld['made'];
    beforeEach(async () => {
      world = await worlds.copy();
      ({ installation, made } = world);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    describe('finds nothing', () => {
      test('in streams that strangers keep under names like ours, and counts them [audit-verify-strangers]', async () => {
        const { store, projections } = installation;
        const stranger = apiKeyStream(randomUUID());
        await store.append(stranger, 'no-stream', [{ ...garbage(), type: 'ApiKeyCreated', data: {} }]);
        await store.append(stranger, 0, [garbage()]);
        await projections.pump();
        const report = await installation.audit.verify();
        expect(report).toMatchObject({ fault: undefined, foreignEvents: 2, streams: 5 });
        expect(report.coverage!.notCovered.map(({ part }) => part)).toContain('foreign_events');
      });

      test('and lists what it has proved and what it has not [audit-verify-coverage]', async () => {
        const { coverage } = await installation.audit.verify();
        expect(coverage!.covered.map(({ part }) => part)).toEqual([
          'events',
          'stream_heads',
          'audit_events',
          'access_tables',
          'vault_keys',
          'system_keys',
          'sealed_secrets',
          'visibility',
        ]);
        expect(coverage!.notCovered.map(({ part }) => part)).toEqual([
          'checkpoint',
          'usage',
          'closed_sessions',
          'replaced_secrets',
        ]);
      });
    });

    describe('of an event that can’t be read', () => {
      test('finds it, until an operator has exactly that one skipped [audit-verify-unreadable]', async () => {
        const { store, projections } = installation;
        const { busy } = made.streams;
        const damaged = garbage();
        await store.append(busy, 3, [damaged]);
        await projections.pump();
        const expected = { kind: 'unreadable', stream: busy, revision: 4 };
        expect(await installation.fault()).toMatchObject(expected);
        const skip = { revision: 4, eventId: randomUUID(), type: damaged.type, reason: 'seen' };
        await appendGenuine(installation, streamRepairStream(busy), { type: 'EventSkipped', data: skip });
        expect(await installation.fault()).toMatchObject(expected);
        await appendGenuine(installation, streamRepairStream(busy), {
          type: 'EventSkipped',
          data: { ...skip, eventId: damaged.id },
        });
        expect(await installation.audit.verify()).toMatchObject({ fault: undefined, skippedEvents: 1, streams: 6 });
        // What comes behind it is linked to what was read last, or to it.
        await appendGenuine(installation, busy, { type: 'ApiKeyInactivated', data: {} });
        expect(await installation.audit.verify()).toMatchObject({ fault: undefined, skippedEvents: 1 });
      });

      test('is not put off by a repair that MetaMCP did not write [audit-verify-unreadable]', async () => {
        const { store, projections } = installation;
        const { busy } = made.streams;
        const damaged = garbage();
        await store.append(busy, 3, [damaged]);
        const metadata = { ...eventAt(await installation.history(), busy, 0).metadata };
        const data = { revision: 4, eventId: damaged.id, type: damaged.type, reason: 'forged' };
        await store.append(streamRepairStream(busy), 'no-stream', [
          { id: randomUUID(), type: 'EventSkipped', data, metadata },
        ]);
        await projections.pump();
        expect(await installation.fault()).toMatchObject({ kind: 'unreadable', stream: busy, revision: 4 });
      });

      test('holds one that could be read before to be edited [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        await installation.replace(busy, 0, (event) => ({ ...event, data: {} }));
        expect(await installation.fault()).toMatchObject({ kind: 'edited', stream: busy, revision: 0 });
        await installation.removeFromTrail(busy, 0);
        expect(await installation.fault()).toMatchObject({ kind: 'unreadable', stream: busy, revision: 0 });
      });
    });

    describe('of a stream that an operator of the store', () => {
      /** The store with a stream that is shown otherwise, before or after its events are cleaned away. */
      function showing(stream: string, shown: Visibility, { scavenged }: { scavenged: boolean }): EventStore {
        const { store } = installation;
        return {
          ...store,
          visibility: async (asked) => (asked === stream ? shown : store.visibility(asked)),
          async *scan(options) {
            let position = options?.after ?? 0n;
            for await (const entry of store.scan(options)) {
              ({ position } = entry);
              const isGone = scavenged && entry.kind === 'event' && entry.event.stream === stream;
              yield isGone ? { kind: 'passed', position } : entry;
            }
            yield { kind: 'visibility', position, stream };
          },
        };
      }

      test.each([
        ['hid', 'hidden', false],
        ['hid and cleaned up behind', 'hidden', true],
        ['deleted', 'removed', false],
        ['deleted and cleaned up behind', 'removed', true],
      ] as const)('%s, says so, and how to undo it [audit-verify-hidden]', async (_how, shown, scavenged) => {
        const { busy } = made.streams;
        const { fault } = await installation.auditOn(showing(busy, shown, { scavenged })).verify();
        expect(fault).toMatchObject({ kind: shown === 'removed' ? 'deleted' : 'hidden', stream: busy });
        expect(fault!.meaning).toMatch(shown === 'removed' ? /--unsafe-ignore-hard-delete/ : /metadata/);
      });

      test('hid, says so when only the tables have noticed [audit-verify-hidden]', async () => {
        const { store, db } = installation;
        const { busy } = made.streams;
        await db.query(sql`insert into hidden_streams (stream, visibility) values (${busy}, 'hidden')`);
        expect(await installation.fault()).toBeUndefined();
        const hidden: EventStore = {
          ...store,
          visibility: async (asked) => (asked === busy ? 'hidden' : store.visibility(asked)),
        };
        expect((await installation.auditOn(hidden).verify()).fault).toMatchObject({ kind: 'hidden', stream: busy });
      });

      test('hid, is not concerned when it is a stranger’s [audit-verify-hidden]', async () => {
        const stranger = showing(apiKeyStream(randomUUID()), 'removed', { scavenged: true });
        expect((await installation.auditOn(stranger).verify()).fault).toBeUndefined();
      });
    });

    describe('while it is under way', () => {
      test('reports how far it is also while it passes strangers, and ends at once when it is aborted', async () => {
        const { store } = installation;
        const end = (await store.end())!;
        const passing: EventStore = {
          ...store,
          async *scan(options) {
            for (let position = 1n; position <= end; position += 1n) {
              options?.signal?.throwIfAborted();
              yield { kind: 'passed', position };
            }
          },
        };
        const controller = new AbortController();
        const seen: bigint[] = [];
        const verification = installation.auditOn(passing).verify({
          signal: controller.signal,
          onProgress({ position, last }) {
            expect(last).toBe(end);
            seen.push(position);
            if (seen.length === 3) controller.abort();
          },
        });
        await expect(verification).rejects.toMatchObject({ name: 'AbortError' });
        expect(seen).toEqual([1n, 2n, 3n]);
      });
    });

    describe('beside the tables of another history', () => {
      test('still finds what is wrong with this one, and else says so [audit-verify-tampering]', async () => {
        const { store, db } = installation;
        await db.query(sql`update checkpoints set store = gen_random_uuid()`);
        await expect(installation.auditOn(store).verify()).rejects.toMatchObject({ code: 'event-store-changed' });
        await installation.replace(made.streams.busy, 1, (event) => ({ ...event, data: { ...event.data, more: 1 } }));
        expect(await installation.fault()).toMatchObject({ kind: 'edited', stream: made.streams.busy, revision: 1 });
      });
    });
  });
}
