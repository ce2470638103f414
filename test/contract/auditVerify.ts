import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import { sql } from '../../src/postgres/sql.ts';
import { appendGenuine, eventAt, hashIn, openInstallation } from './auditFixture.ts';
import { openAuditWorlds, type AuditWorld, type TamperableStores } from './auditWorld.ts';
import { inPlaceOf, swapped, withoutHash } from './auditTampering.ts';
import { auditAccessContract } from './auditVerifyAccess.ts';
import { auditStreamsContract } from './auditVerifyStreams.ts';
import { auditTablesContract } from './auditVerifyTables.ts';

/**
 * What an audit finds, whatever store the history is in: every change by a person who can write to the event store and
 * to the database, but does not have ENCRYPTION_KEY.
 */
export function auditVerifyContract(name: string, stores: TamperableStores): void {
  const worlds = openAuditWorlds(stores);
  afterAll(() => worlds[Symbol.asyncDispose]());

  describe(`audit verify on ${name}`, () => {
    let world: AuditWorld;
    let installation: AuditWorld['installation'];
    let made: AuditWorld['made'];
    beforeEach(async () => {
      world = await worlds.copy();
      ({ installation, made } = world);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    describe('finds nothing in', () => {
      test('an untouched history [audit-verify-intact]', async () => {
        const { fault: found, ...report } = await installation.audit.verify();
        expect(found).toBeUndefined();
        const history = await installation.history();
        expect(report).toMatchObject({ events: history.length, streams: 5, foreignEvents: 0 });
        expect(report.from).toBe(history[0]!.metadata['at']);
        expect(report.to).toBe(history.at(-1)!.metadata['at']);
        expect(report.position).toBe(history.at(-1)!.position);
        expect(report.store).toBe(await installation.store.identity());
      });

      test('an empty history', async () => {
        await using other = await stores.open();
        const { audit } = await openInstallation(other);
        expect(await audit.verify()).toMatchObject({ events: 0, streams: 0, position: undefined, fault: undefined });
      });

      test('a history that grows meanwhile, as keys are created, changed and deleted [audit-verify-intact]', async () => {
        const { store, key, createKey, auditOn } = installation;
        const growing: EventStore = {
          ...store,
          async *scan(options) {
            if (options?.after === undefined) {
              await key(made.ids.busy, { type: 'Inactivate' });
              await key(made.ids.successor, { type: 'Delete' });
              await createKey();
            }
            yield* store.scan(options);
          },
        };
        expect((await auditOn(growing).verify()).fault).toBeUndefined();
      });

      test('what others keep in the same store', async () => {
        await installation.store.append('somebody-else', 'no-stream', [
          { id: randomUUID(), type: 'Something', data: {}, metadata: {} },
        ]);
        expect(await installation.audit.verify()).toMatchObject({ foreignEvents: 1, streams: 5, fault: undefined });
      });
    });

    describe('finds', () => {
      test('an edit of any event, at that event [audit-verify-tampering]', async () => {
        const history = await installation.history();
        const edits: ((event: RecordedEvent) => RecordedEvent)[] = [
          (event) => ({ ...event, data: { ...event.data, more: 1 } }),
          (event) => ({ ...event, metadata: { ...event.metadata, at: '2026-01-02T00:00:00.001Z' } }),
          (event) => ({ ...event, metadata: { ...event.metadata, actor: 'cli:bob@host' } }),
          (event) => ({
            ...event,
            metadata: {
              ...event.metadata,
              hash: `${hashIn(event).startsWith('A') ? 'B' : 'A'}${hashIn(event).slice(1)}`,
            },
          }),
          (event) => ({ ...event, type: 'ApiKeyInactivatee' }),
          (event) => ({ ...event, id: randomUUID() }),
          (event) => ({ ...event, metadata: withoutHash(event.metadata) }),
        ];
        for (const [i, { stream, revision, position }] of history.entries()) {
          const edit = edits[i % edits.length]!;
          await installation.replace(stream, revision, edit);
          expect(await installation.fault()).toMatchObject({ kind: 'edited', stream, revision, position });
          await installation.tamper(() => history);
        }
        expect(await installation.fault()).toBeUndefined();
      });

      test('a sealed secret that was exchanged for an older one [audit-verify-tampering]', async () => {
        const { github } = made.streams;
        const older = eventAt(await installation.history(), github, 0);
        await installation.replace(github, 4, (event) => ({
          ...event,
          data: { ...event.data, sealed: older.data['sealed']! },
        }));
        expect(await installation.fault()).toMatchObject({ kind: 'edited', stream: github, revision: 4 });
      });

      test.each([0, 1, 2])('that event %i of a stream is gone [audit-verify-tampering]', async (revision) => {
        const { busy } = made.streams;
        const { position } = eventAt(await installation.history(), busy, revision);
        await installation.remove([busy, revision]);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: busy, revision, position });
      });

      test('that an event is gone, although its row of the audit trail is gone, too, and the rest moved up', async () => {
        const { busy } = made.streams;
        await installation.remove([busy, 1]);
        await installation.removeFromTrail(busy, 1);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: busy, revision: 1 });
        await installation.tamper((history) =>
          history.map((event) =>
            event.stream === busy && event.revision > 1 ? { ...event, revision: event.revision - 1 } : event,
          ),
        );
        expect(await installation.fault()).toMatchObject({ kind: 'edited', stream: busy, revision: 1 });
      });

      test('two events of a stream that changed places [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        const history = await installation.history();
        const [a, b] = [eventAt(history, busy, 1), eventAt(history, busy, 2)];
        await installation.tamper(() =>
          swapped(history, a, b, (event, place) => ({ ...event, position: place.position })),
        );
        expect(await installation.fault()).toMatchObject({ kind: 'reordered', stream: busy, revision: 1 });
        await installation.tamper(() => swapped(history, a, b, inPlaceOf));
        expect(await installation.fault()).toMatchObject({
          kind: 'edited',
          stream: busy,
          revision: 1,
          position: a.position,
        });
      });

      test('two events of different streams that changed places [audit-verify-tampering]', async () => {
        const { busy, github } = made.streams;
        const history = await installation.history();
        const [a, b] = [eventAt(history, github, 0), eventAt(history, busy, 2)];
        await installation.tamper(() =>
          swapped(history, a, b, (event, place) => ({ ...event, position: place.position })),
        );
        expect(await installation.fault()).toMatchObject({ kind: 'reordered', stream: github, revision: 0 });
        await installation.tamper(() => swapped(history, a, b, inPlaceOf));
        expect(await installation.fault()).toMatchObject({ kind: 'edited', stream: github, revision: 0 });
      });

      test('a forged event, wherever it stands [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        const history = await installation.history();
        const last = history.at(-1)!;
        const forged = { ...eventAt(history, busy, 2), id: randomUUID(), revision: 4 };
        // Behind the read tables: they have passed this place.
        const early = { ...last, position: last.position + 2n };
        await installation.tamper(() => [...history.slice(0, -1), { ...forged, position: last.position }, early]);
        expect(await installation.fault()).toMatchObject({
          kind: 'inserted',
          stream: busy,
          revision: 4,
          position: last.position,
        });
        // At the end, where the projections take it.
        await installation.tamper(() => [...history, { ...forged, position: last.position + 1n }]);
        expect(await installation.fault()).toMatchObject({ stream: busy, revision: 4, position: last.position + 1n });
      });

      test('a genuine event that was copied, into its own stream or another [audit-verify-tampering]', async () => {
        const history = await installation.history();
        const { position } = history.at(-1)!;
        const created = eventAt(history, made.streams.old, 0);
        for (const [stream, revision] of [
          [made.streams.busy, 4],
          [made.streams.old, 2],
          [apiKeyStream(randomUUID()), 0],
        ] as const) {
          const copy = { ...created, id: randomUUID(), stream, revision, position: position + 1n };
          await installation.tamper(() => [...history, copy]);
          expect(await installation.fault()).toMatchObject({ stream, revision });
        }
      });

      test('a stream that was put under another name [audit-verify-tampering]', async () => {
        const { github } = made.streams;
        await installation.tamper((history) =>
          history.map((event) => (event.stream === github ? { ...event, stream: 'mcpServer-evil' } : event)),
        );
        expect(await installation.fault()).toMatchObject({ stream: 'mcpServer-evil', revision: 0 });
      });

      test('that a whole stream is gone, its rows of the audit trail, too [audit-verify-tampering]', async () => {
        const { deleted } = made.streams;
        await installation.remove([deleted, 0], [deleted, 1]);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: deleted, revision: 0 });
        await installation.removeFromTrail(deleted, 0);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: deleted, revision: 0 });
      });

      test('that a key is gone from every table and stream, but named by another', async () => {
        const { successor } = made.streams;
        await installation.remove([successor, 0]);
        await installation.removeFromTrail(successor, 0);
        await installation.db.query(sql`delete from stream_heads where stream = ${successor}`);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: successor, revision: 0 });
      });

      test('that a key is gone from every table and stream, but has done something', async () => {
        const id = await installation.createKey();
        await installation.createKey({ actor: `key:${id}` });
        await installation.remove([apiKeyStream(id), 0]);
        await installation.removeFromTrail(apiKeyStream(id), 0);
        await installation.db.query(sql`delete from stream_heads where stream = ${apiKeyStream(id)}`);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: apiKeyStream(id), revision: 0 });
      });

      test('that the end of a stream was cut off, its rows of the audit trail, too [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        await installation.remove([busy, 2], [busy, 3]);
        expect(await installation.fault()).toMatchObject({ stream: busy, revision: 2 });
        await installation.removeFromTrail(busy, 2);
        expect(await installation.fault()).toMatchObject({ kind: 'truncated', stream: busy, revision: 2 });
      });

      test('that the end of a stream was cut off and grew again beyond it [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        await installation.remove([busy, 2], [busy, 3]);
        // No command does that beside tables that know the old past.
        await expect(installation.key(made.ids.busy, { type: 'Inactivate' })).rejects.toThrow('it ends at revision 1');
        for (const type of ['ApiKeyInactivated', 'ApiKeyActivated', 'ApiKeyInactivated']) {
          await appendGenuine(installation, busy, { type, data: { reason: 'a new past' } });
        }
        expect(await installation.fault()).toMatchObject({ stream: busy, revision: 2 });
      });

      test('an event that was put back after another than it followed [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        const before = await installation.history();
        await installation.remove([busy, 2], [busy, 3]);
        await installation.removeFromTrail(busy, 2);
        await installation.db.query(sql`delete from stream_heads where stream = ${busy}`);
        await installation.key(made.ids.busy, { type: 'Inactivate', reason: 'a new past' });
        await installation.tamper((history) => [
          ...history,
          { ...eventAt(before, busy, 3), position: history.at(-1)!.position + 1n },
        ]);
        expect(await installation.fault()).toMatchObject({ kind: 'unlinked', stream: busy, revision: 3 });
      });

      test('that the end of the whole history was cut off [audit-verify-tampering]', async () => {
        const { github } = made.streams;
        await installation.tamper((history) => history.slice(0, -2));
        expect(await installation.fault()).toMatchObject({ kind: 'truncated', stream: github, revision: 3 });
      });

      test('that the end of the whole history was cut off, of the heads and checkpoints, too', async () => {
        const { db } = installation;
        const { github } = made.streams;
        const history = await installation.history();
        const head = eventAt(history, github, 3);
        await installation.remove([github, 4]);
        await db.query(sql`
          update stream_heads set revision = 3, hash = ${hashIn(head)}, position = ${head.position}
          where stream = ${github}`);
        await db.query(sql`update checkpoints set position = ${head.position} where position > ${head.position}`);
        expect(await installation.fault()).toMatchObject({ kind: 'truncated', stream: github, revision: 4 });
      });

      test('that everything was removed', async () => {
        await installation.tamper(() => []);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: made.streams.busy, revision: 0 });
      });
    });
  });
  auditTablesContract(name, worlds);
  auditStreamsContract(name, worlds);
  auditAccessContract(name, worlds);
}
