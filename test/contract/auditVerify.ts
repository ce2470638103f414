import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKeyStream } from '../../src/events/apiKey.ts';
import type { EventStore, JsonObject, RecordedEvent } from '../../src/events/eventStore.ts';
import { sql } from '../../src/postgres/sql.ts';
import { makeHistory, openInstallation, type Installation, type TamperableStore } from './auditFixture.ts';

/** Finds the event at a place. */
function at(history: readonly RecordedEvent[], stream: string, revision: number): RecordedEvent {
  const found = history.find((event) => event.stream === stream && event.revision === revision);
  if (found === undefined) throw new Error(`no ${stream}@${revision}`);
  return found;
}

/** What stands at one place is put at the place of another. */
function inPlaceOf(event: RecordedEvent, { stream, revision, position }: RecordedEvent): RecordedEvent {
  return { ...event, stream, revision, position };
}

/**
 * What an audit finds, whatever store the history is in: every change made by somebody who can write to the event store and
 * to the database, but does not have ENCRYPTION_KEY.
 */
export function auditVerifyContract(name: string, open: () => Promise<TamperableStore>): void {
  describe(`audit verify on ${name}`, () => {
    let tamperable: TamperableStore;
    let installation: Installation;
    let made: Awaited<ReturnType<typeof makeHistory>>;
    beforeEach(async () => {
      tamperable = await open();
      installation = await openInstallation(tamperable);
      made = await makeHistory(installation);
    });
    afterEach(() => tamperable[Symbol.asyncDispose]());

    const fault = async () => (await installation.audit.verify()).fault;

    async function replace(stream: string, revision: number, change: (event: RecordedEvent) => RecordedEvent) {
      await installation.tamper((history) => {
        const target = at(history, stream, revision);
        return history.map((event) => (event === target ? change(event) : event));
      });
    }

    async function remove(...gone: readonly (readonly [stream: string, revision: number])[]) {
      await installation.tamper((history) => {
        const targets = gone.map(([stream, revision]) => at(history, stream, revision));
        return history.filter((event) => !targets.includes(event));
      });
    }

    describe('finds nothing in', () => {
      test('a history that nobody touched [audit-verify-intact]', async () => {
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
        await using other = await open();
        const { audit } = await openInstallation(other);
        expect(await audit.verify()).toMatchObject({ events: 0, streams: 0, position: undefined, fault: undefined });
      });

      test('a history that grows meanwhile, as keys are created, changed and deleted [audit-verify-intact]', async () => {
        const { store, key, createKey, auditOn } = installation;
        const growing: EventStore = {
          ...store,
          async *readAll(options) {
            await key(made.ids.busy, { type: 'Inactivate' });
            await key(made.ids.successor, { type: 'Delete' });
            await createKey();
            yield* store.readAll(options);
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
            metadata: { ...event.metadata, hash: `A${String(event.metadata['hash']).slice(1)}` },
          }),
          (event) => ({ ...event, type: 'ApiKeyInactivatee' }),
          (event) => ({ ...event, id: randomUUID() }),
          (event) => ({ ...event, metadata: withoutHash(event.metadata) }),
        ];
        for (const [i, { stream, revision, position }] of history.entries()) {
          const edit = edits[i % edits.length]!;
          await replace(stream, revision, edit);
          expect(await fault()).toMatchObject({ kind: 'edited', stream, revision, position });
          await installation.tamper(() => history);
        }
        expect(await fault()).toBeUndefined();
      });

      test('a sealed secret that was exchanged for an older one [audit-verify-tampering]', async () => {
        const { github } = made.streams;
        const older = at(await installation.history(), github, 0);
        await replace(github, 4, (event) => ({ ...event, data: { ...event.data, sealed: older.data['sealed']! } }));
        expect(await fault()).toMatchObject({ kind: 'edited', stream: github, revision: 4 });
      });

      test.each([0, 1, 2])('that event %i of a stream is gone [audit-verify-tampering]', async (revision) => {
        const { busy } = made.streams;
        const { position } = at(await installation.history(), busy, revision);
        await remove([busy, revision]);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: busy, revision, position });
      });

      test('that an event is gone, although its row of the audit trail is gone, too, and the rest moved up', async () => {
        const { busy } = made.streams;
        await remove([busy, 1]);
        await deleteTrail(busy, 1);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: busy, revision: 1 });
        await installation.tamper((history) =>
          history.map((event) =>
            event.stream === busy && event.revision > 1 ? { ...event, revision: event.revision - 1 } : event,
          ),
        );
        expect(await fault()).toMatchObject({ kind: 'edited', stream: busy, revision: 1 });
      });

      test('two events of a stream that changed places [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        const history = await installation.history();
        const [a, b] = [at(history, busy, 1), at(history, busy, 2)];
        await installation.tamper(() =>
          swapped(history, a, b, (event, place) => ({ ...event, position: place.position })),
        );
        expect(await fault()).toMatchObject({ kind: 'reordered', stream: busy, revision: 1 });
        await installation.tamper(() => swapped(history, a, b, inPlaceOf));
        expect(await fault()).toMatchObject({ kind: 'edited', stream: busy, revision: 1, position: a.position });
      });

      test('two events of different streams that changed places [audit-verify-tampering]', async () => {
        const { busy, github } = made.streams;
        const history = await installation.history();
        const [a, b] = [at(history, github, 0), at(history, busy, 2)];
        await installation.tamper(() =>
          swapped(history, a, b, (event, place) => ({ ...event, position: place.position })),
        );
        expect(await fault()).toMatchObject({ kind: 'reordered', stream: github, revision: 0 });
        await installation.tamper(() => swapped(history, a, b, inPlaceOf));
        expect(await fault()).toMatchObject({ kind: 'edited', stream: github, revision: 0 });
      });

      test('a forged event, wherever it stands [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        const history = await installation.history();
        const last = history.at(-1)!;
        const forged = { ...at(history, busy, 2), id: randomUUID(), revision: 4 };
        // Behind the read tables: they have passed this place.
        const early = { ...last, position: last.position + 2n };
        await installation.tamper(() => [...history.slice(0, -1), { ...forged, position: last.position }, early]);
        expect(await fault()).toMatchObject({ kind: 'inserted', stream: busy, revision: 4, position: last.position });
        // At the end, where the projections take it.
        await installation.tamper(() => [...history, { ...forged, position: last.position + 1n }]);
        expect(await fault()).toMatchObject({ stream: busy, revision: 4, position: last.position + 1n });
      });

      test('a genuine event that was copied, into its own stream or another [audit-verify-tampering]', async () => {
        const history = await installation.history();
        const { position } = history.at(-1)!;
        const created = at(history, made.streams.old, 0);
        for (const [stream, revision] of [
          [made.streams.busy, 4],
          [made.streams.old, 2],
          [apiKeyStream(randomUUID()), 0],
        ] as const) {
          const copy = { ...created, id: randomUUID(), stream, revision, position: position + 1n };
          await installation.tamper(() => [...history, copy]);
          expect(await fault()).toMatchObject({ stream, revision });
        }
      });

      test('a stream that was put under another name [audit-verify-tampering]', async () => {
        const { github } = made.streams;
        await installation.tamper((history) =>
          history.map((event) => (event.stream === github ? { ...event, stream: 'mcpServer-evil' } : event)),
        );
        expect(await fault()).toMatchObject({ stream: 'mcpServer-evil', revision: 0 });
      });

      test('that a whole stream is gone, its rows of the audit trail, too [audit-verify-tampering]', async () => {
        const { deleted } = made.streams;
        await remove([deleted, 0], [deleted, 1]);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: deleted, revision: 0 });
        await deleteTrail(deleted, 0);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: deleted, revision: 0 });
      });

      test('that a key is gone from every table and stream, but named by another', async () => {
        const { successor } = made.streams;
        await remove([successor, 0]);
        await deleteTrail(successor, 0);
        await installation.db.query(sql`delete from stream_heads where stream = ${successor}`);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: successor, revision: 0 });
      });

      test('that a key is gone from every table and stream, but has done something', async () => {
        const id = await installation.createKey();
        await installation.createKey({ actor: `key:${id}` });
        await remove([apiKeyStream(id), 0]);
        await deleteTrail(apiKeyStream(id), 0);
        await installation.db.query(sql`delete from stream_heads where stream = ${apiKeyStream(id)}`);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: apiKeyStream(id), revision: 0 });
      });

      test('that the end of a stream was cut off, its rows of the audit trail, too [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        await remove([busy, 2], [busy, 3]);
        expect(await fault()).toMatchObject({ stream: busy, revision: 2 });
        await deleteTrail(busy, 2);
        expect(await fault()).toMatchObject({ kind: 'truncated', stream: busy, revision: 2 });
      });

      test('that the end of a stream was cut off and grew again beyond it [audit-verify-tampering]', async () => {
        const { busy } = made.streams;
        await remove([busy, 2], [busy, 3]);
        await installation.key(made.ids.busy, { type: 'Inactivate', reason: 'a new past' });
        await installation.key(made.ids.busy, { type: 'Activate' });
        await installation.key(made.ids.busy, { type: 'Inactivate' });
        expect(await fault()).toMatchObject({ stream: busy, revision: 2 });
      });

      test('that the end of the whole history was cut off [audit-verify-tampering]', async () => {
        const { github } = made.streams;
        await installation.tamper((history) => history.slice(0, -2));
        expect(await fault()).toMatchObject({ kind: 'truncated', stream: github, revision: 3 });
      });

      test('that everything was removed', async () => {
        await installation.tamper(() => []);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: made.streams.busy, revision: 0 });
      });
    });

    describe('finds in the read tables', () => {
      test('a head that was put back, edited, removed or made up [audit-verify-heads]', async () => {
        const { db } = installation;
        const { busy } = made.streams;
        const history = await installation.history();
        const [older, newest] = [at(history, busy, 2), at(history, busy, 3)];
        const setHead = (stream: string, { revision, position, metadata }: RecordedEvent) =>
          db.query(sql`
            insert into stream_heads as h (stream, revision, hash, position)
            values (${stream}, ${revision}, ${String(metadata['hash'])}, ${position})
            on conflict (stream) do update
            set revision = excluded.revision, hash = excluded.hash, position = excluded.position`);

        await setHead(busy, older);
        expect(await fault()).toMatchObject({ kind: 'head-mismatch', stream: busy, revision: 3 });
        await setHead(busy, { ...newest, metadata: older.metadata });
        expect(await fault()).toMatchObject({ kind: 'head-mismatch', stream: busy, revision: 3 });
        // Into the future, where a head of a stream that grew meanwhile would be.
        await setHead(busy, { ...newest, revision: 9, position: 999_999n });
        expect(await fault()).toMatchObject({ kind: 'truncated', stream: busy, revision: 4 });
        await setHead(busy, { ...older, position: 999_999n });
        expect((await fault())?.stream).toBe(busy);
        await db.query(sql`delete from stream_heads where stream = ${busy}`);
        expect(await fault()).toMatchObject({ kind: 'inserted', stream: busy, revision: 0 });
        await setHead(busy, newest);
        expect(await fault()).toBeUndefined();
        await setHead('apiKey-nobody', older);
        expect(await fault()).toMatchObject({ kind: 'removed', stream: 'apiKey-nobody', revision: 0 });
      });

      test('a row of the audit trail that was edited, removed or made up [audit-verify-trail]', async () => {
        const { db } = installation;
        const { busy } = made.streams;
        const expected = { kind: 'trail-mismatch', stream: busy, revision: 3 };
        const [row] = await db.query<{ actor: string; position: string }>(
          sql`select actor, position from audit_events where stream = ${busy} and revision = 3`,
        );
        await db.query(sql`update audit_events set actor = 'cli:eve@host' where stream = ${busy} and revision = 3`);
        expect(await fault()).toMatchObject(expected);
        await db.query(sql`
          update audit_events set actor = ${row!.actor}, data = '{"reason": "another"}'
          where stream = ${busy} and revision = 3`);
        expect(await fault()).toMatchObject(expected);
        await db.query(sql`
          insert into audit_events (stream, revision, position, id, type, at, actor, correlation_id, data)
          select stream, 9, position, gen_random_uuid(), type, at, actor, correlation_id, data
          from audit_events where stream = ${busy} and revision = 3`);
        await db.query(sql`delete from audit_events where stream = ${busy} and revision = 3`);
        expect(await fault()).toMatchObject({ ...expected, revision: 9 });
        await db.query(sql`delete from audit_events where stream = ${busy} and revision = 9`);
        expect(await fault()).toMatchObject(expected);
      });
    });

    describe('finds in the vault', () => {
      test('the secret of a deleted key or server that can still be opened [audit-verify-shredded]', async () => {
        const { db } = installation;
        const history = await installation.history();
        for (const [stream, revision, dek] of [
          [made.streams.deleted, 1, sealedBy(at(history, made.streams.deleted, 0))],
          [made.streams.github, 3, sealedBy(at(history, made.streams.github, 0))],
        ] as const) {
          await db.query(sql`
            insert into vault_keys (id, subject, wrapped, master_key_id)
            values (${dek}::uuid, ${stream}, ${Buffer.alloc(72)}, 'old')`);
          expect(await fault()).toMatchObject({ kind: 'not-shredded', stream, revision });
          await db.query(sql`delete from vault_keys where id = ${dek}::uuid`);
        }
        expect(await fault()).toBeUndefined();
      });

      test('that the secret of a key or server in use is gone [audit-verify-secrets]', async () => {
        const { db } = installation;
        const history = await installation.history();
        const { github, old } = made.streams;
        await db.query(sql`delete from vault_keys where id = ${sealedBy(at(history, github, 4))}::uuid`);
        expect(await fault()).toMatchObject({ kind: 'secret-missing', stream: github, revision: 4 });
        await db.query(sql`delete from vault_keys where id = ${sealedBy(at(history, old, 0))}::uuid`);
        expect((await fault())?.kind).toBe('secret-missing');
      });

      test('that the key of the chain is gone, and says so', async () => {
        await installation.db.query(sql`delete from vault_keys where subject = 'system:chain'`);
        const { audit } = await openInstallation(tamperable);
        const { fault: found } = await audit.verify();
        expect(found).toMatchObject({ kind: 'edited', stream: made.streams.busy, revision: 0 });
        expect(found?.meaning).toContain('vault_keys');
      });
    });

    describe('with a checkpoint', () => {
      test('follows a history that has grown since [audit-checkpoint]', async () => {
        const { checkpoint } = await installation.audit.checkpoint();
        expect(checkpoint!.heads.map(({ stream }) => stream)).toEqual(Object.values(made.streams).toSorted());
        await installation.key(made.ids.busy, { type: 'Inactivate' });
        await installation.createKey();
        const against = await installation.audit.readCheckpoint(JSON.stringify(checkpoint));
        expect(await installation.audit.verify({ against })).toMatchObject({ fault: undefined, sameStore: true });
      });

      test('finds what was cut off every table at once, which nothing else finds [audit-checkpoint]', async () => {
        const { db, audit } = installation;
        const { checkpoint } = await audit.checkpoint();
        const { github, successor } = made.streams;
        const before = await installation.history();
        await remove([github, 4]);
        await deleteTrail(github, 4);
        const head = at(before, github, 3);
        await db.query(sql`
          update stream_heads set revision = 3, hash = ${String(head.metadata['hash'])}, position = ${head.position}
          where stream = ${github}`);
        await db.query(sql`update checkpoints set position = ${head.position} where position > ${head.position}`);
        expect(await fault()).toBeUndefined();
        const expected = { kind: 'truncated', stream: github, revision: 4 };
        expect((await audit.verify({ against: checkpoint })).fault).toMatchObject(expected);

        await installation.tamper(() => before.filter(({ stream }) => stream !== github));
        await deleteTrail(github, 0);
        await db.query(sql`delete from stream_heads where stream = ${github}`);
        const all = { kind: 'removed', stream: github, revision: 0 };
        expect((await audit.verify({ against: checkpoint })).fault).toMatchObject(all);
        expect(successor).toBeDefined();
      });

      test('finds a past that MetaMCP itself has written anew [audit-checkpoint]', async () => {
        const { db, audit, projections } = installation;
        const { checkpoint } = await audit.checkpoint();
        const { busy } = made.streams;
        await remove([busy, 3]);
        await deleteTrail(busy, 3);
        await db.query(sql`delete from stream_heads where stream = ${busy}`);
        await installation.key(made.ids.busy, { type: 'Activate', reason: 'another' });
        await projections.pump();
        expect(await fault()).toBeUndefined();
        const expected = { kind: 'rewritten', stream: busy, revision: 3 };
        expect((await audit.verify({ against: checkpoint })).fault).toMatchObject(expected);
      });

      test('compares the streams alone when the history was copied to another store, and says so [audit-checkpoint]', async () => {
        const { store, auditOn } = installation;
        const { checkpoint } = await installation.audit.checkpoint();
        const copy: EventStore = { ...store, identity: () => Promise.resolve(randomUUID()) };
        const against = await installation.audit.readCheckpoint(JSON.stringify(checkpoint));
        expect(await auditOn(copy).verify({ against })).toMatchObject({ fault: undefined, sameStore: false });
      });

      test('is given none for a history with a fault [audit-checkpoint]', async () => {
        await remove([made.streams.busy, 1]);
        const { checkpoint, verification } = await installation.audit.checkpoint();
        expect(checkpoint).toBeUndefined();
        expect(verification.fault).toMatchObject({ kind: 'removed', revision: 1 });
      });
    });

    async function deleteTrail(stream: string, from: number): Promise<void> {
      await installation.db.query(sql`delete from audit_events where stream = ${stream} and revision >= ${from}`);
    }
  });
}

/** Exchanges two events of a history, each put into the other's place by `place`. */
function swapped(
  history: readonly RecordedEvent[],
  a: RecordedEvent,
  b: RecordedEvent,
  place: (event: RecordedEvent, place: RecordedEvent) => RecordedEvent,
): RecordedEvent[] {
  return history
    .map((event) => (event === a ? place(a, b) : event === b ? place(b, a) : event))
    .toSorted((x, y) => (x.position < y.position ? -1 : 1));
}

function withoutHash({ hash: _hash, ...metadata }: JsonObject): JsonObject {
  return metadata as JsonObject;
}

function sealedBy({ data }: RecordedEvent): string {
  return (data['sealed'] as { dek: string }).dek;
}
