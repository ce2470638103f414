import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import { sql } from '../../src/postgres/sql.ts';
import { eventAt, hashIn, openInstallation, sealedBy } from './auditFixture.ts';
import type { AuditWorld, AuditWorlds } from './auditWorld.ts';

/** The second half of auditVerify.ts: what is found in the database, and with a checkpoint. */
export function auditTablesContract(name: string, worlds: AuditWorlds): void {
  describe(`audit verify on ${name}`, () => {
    let world: AuditWorld;
    let installation: AuditWorld['installation'];
    let made: AuditWorld['made'];
    beforeEach(async () => {
      world = await worlds.copy();
      ({ installation, made } = world);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    describe('finds in the read tables', () => {
      test('a head that was put back, edited, removed or made up [audit-verify-heads]', async () => {
        const { db } = installation;
        const { busy } = made.streams;
        const history = await installation.history();
        const [older, newest] = [eventAt(history, busy, 2), eventAt(history, busy, 3)];
        const setHead = (stream: string, event: RecordedEvent) =>
          db.query(sql`
            insert into stream_heads as h (stream, revision, hash, position)
            values (${stream}, ${event.revision}, ${hashIn(event)}, ${event.position})
            on conflict (stream) do update
            set revision = excluded.revision, hash = excluded.hash, position = excluded.position`);

        await setHead(busy, older);
        expect(await installation.fault()).toMatchObject({ kind: 'head-mismatch', stream: busy, revision: 3 });
        await setHead(busy, { ...newest, metadata: older.metadata });
        expect(await installation.fault()).toMatchObject({ kind: 'head-mismatch', stream: busy, revision: 3 });
        // Into the future, where a head of a stream that grew meanwhile would be.
        await setHead(busy, { ...newest, revision: 9, position: 999_999n });
        expect(await installation.fault()).toMatchObject({ kind: 'truncated', stream: busy, revision: 4 });
        await setHead(busy, { ...older, position: 999_999n });
        expect((await installation.fault())?.stream).toBe(busy);
        await db.query(sql`delete from stream_heads where stream = ${busy}`);
        expect(await installation.fault()).toMatchObject({ kind: 'inserted', stream: busy, revision: 0 });
        await setHead(busy, newest);
        expect(await installation.fault()).toBeUndefined();
        const unknown = apiKeyStream(randomUUID());
        await setHead(unknown, older);
        expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: unknown, revision: 0 });
      });

      test('a row of the audit trail that was edited, removed or made up [audit-verify-trail]', async () => {
        const { db } = installation;
        const { busy } = made.streams;
        const expected = { kind: 'trail-mismatch', stream: busy, revision: 3 };
        const [row] = await db.query<{ actor: string; position: string }>(
          sql`select actor, position from audit_events where stream = ${busy} and revision = 3`,
        );
        await db.query(sql`update audit_events set actor = 'cli:eve@host' where stream = ${busy} and revision = 3`);
        expect(await installation.fault()).toMatchObject(expected);
        await db.query(sql`
          update audit_events set actor = ${row!.actor}, data = '{"reason": "another"}'
          where stream = ${busy} and revision = 3`);
        expect(await installation.fault()).toMatchObject(expected);
        await db.query(sql`
          insert into audit_events (stream, revision, position, id, type, at, actor, correlation_id, data)
          select stream, 9, position, gen_random_uuid(), type, at, actor, correlation_id, data
          from audit_events where stream = ${busy} and revision = 3`);
        await db.query(sql`delete from audit_events where stream = ${busy} and revision = 3`);
        expect(await installation.fault()).toMatchObject({ ...expected, revision: 9 });
        await db.query(sql`delete from audit_events where stream = ${busy} and revision = 9`);
        expect(await installation.fault()).toMatchObject(expected);
      });
    });

    describe('finds in the vault', () => {
      test('the secret of a deleted key or server that can still be opened [audit-verify-shredded]', async () => {
        const { db } = installation;
        const history = await installation.history();
        for (const [stream, revision, dek] of [
          [made.streams.deleted, 1, sealedBy(eventAt(history, made.streams.deleted, 0))],
          [made.streams.github, 3, sealedBy(eventAt(history, made.streams.github, 0))],
        ] as const) {
          await db.query(sql`
            insert into vault_keys (id, subject, wrapped, master_key_id)
            values (${dek}::uuid, ${stream}, ${Buffer.alloc(72)}, 'old')`);
          expect(await installation.fault()).toMatchObject({ kind: 'not-shredded', stream, revision });
          await db.query(sql`delete from vault_keys where id = ${dek}::uuid`);
        }
        expect(await installation.fault()).toBeUndefined();
      });

      test('that the secret of a key or server in use is gone [audit-verify-secrets]', async () => {
        const { db } = installation;
        const history = await installation.history();
        const { github, old } = made.streams;
        await db.query(sql`delete from vault_keys where id = ${sealedBy(eventAt(history, github, 4))}::uuid`);
        expect(await installation.fault()).toMatchObject({ kind: 'secret-missing', stream: github, revision: 4 });
        await db.query(sql`delete from vault_keys where id = ${sealedBy(eventAt(history, old, 0))}::uuid`);
        expect((await installation.fault())?.kind).toBe('secret-missing');
      });

      test('that a secret in use was taken from another, and needs none that was replaced', async () => {
        const { db, server, settings, history, fault } = installation;
        const { github } = made.streams;
        await server('github', { type: 'Update', settings: await settings('github', 'http://127.0.0.1:9/d') });
        await db.query(sql`delete from vault_keys where id = ${sealedBy(eventAt(await history(), github, 4))}::uuid`);
        expect(await fault()).toBeUndefined();
        const dek = sealedBy(eventAt(await history(), github, 5));
        await db.query(sql`update vault_keys set subject = 'mcpServer-other' where id = ${dek}::uuid`);
        expect(await fault()).toMatchObject({ kind: 'secret-missing', stream: github, revision: 5 });
      });

      test('that nothing is genuine under the key of the chain, and says which backup is needed', async () => {
        await installation.db.query(sql`delete from vault_keys where subject like 'system:%'`);
        const { audit } = await openInstallation(world.tamperable);
        const { fault: found } = await audit.verify();
        expect(found).toMatchObject({ kind: 'keys-foreign', stream: made.streams.busy, revision: 0 });
        expect(found?.meaning).toMatch(/Restore vault_keys from the backup/);
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
        await installation.remove([github, 4]);
        await installation.removeFromTrail(github, 4);
        const head = eventAt(before, github, 3);
        await db.query(sql`
          update stream_heads set revision = 3, hash = ${hashIn(head)}, position = ${head.position}
          where stream = ${github}`);
        await db.query(sql`delete from mcp_servers where name = 'github'`);
        await db.query(sql`update checkpoints set position = ${head.position} where position > ${head.position}`);
        expect(await installation.fault()).toBeUndefined();
        const expected = { kind: 'truncated', stream: github, revision: 4 };
        expect((await audit.verify({ against: checkpoint })).fault).toMatchObject(expected);

        await installation.tamper(() => before.filter(({ stream }) => stream !== github));
        await installation.removeFromTrail(github, 0);
        await db.query(sql`delete from stream_heads where stream = ${github}`);
        const all = { kind: 'removed', stream: github, revision: 0 };
        expect((await audit.verify({ against: checkpoint })).fault).toMatchObject(all);
        expect(successor).toBeDefined();
      });

      test('finds a past that MetaMCP itself has written anew [audit-checkpoint]', async () => {
        const { db, audit, projections } = installation;
        const { checkpoint } = await audit.checkpoint();
        const { busy } = made.streams;
        await installation.remove([busy, 3]);
        await installation.removeFromTrail(busy, 3);
        await db.query(sql`delete from stream_heads where stream = ${busy}`);
        await db.query(sql`update api_keys set revision = 2, status = 'inactive' where id = ${made.ids.busy}::uuid`);
        await installation.key(made.ids.busy, { type: 'Activate', reason: 'another' });
        await projections.pump();
        expect(await installation.fault()).toBeUndefined();
        const expected = { kind: 'rewritten', stream: busy, revision: 3 };
        expect((await audit.verify({ against: checkpoint })).fault).toMatchObject(expected);
      });

      test('finds what was moved into the past, in every table at once [audit-checkpoint]', async () => {
        const { db, audit, fault } = installation;
        const { checkpoint } = await audit.checkpoint();
        const later = apiKeyStream(await installation.createKey());
        const { github } = made.streams;
        const history = await installation.history();
        const [last, moved] = [eventAt(history, github, 4), eventAt(history, later, 0)];
        const places = [
          { ...last, position: moved.position },
          { ...moved, position: last.position },
        ];
        await installation.tamper((events) => [...events.slice(0, -2), ...places.toReversed()]);
        for (const { stream, revision, position } of places) {
          await db.query(
            sql`update audit_events set position = ${position} where stream = ${stream} and revision = ${revision}`,
          );
          await db.query(sql`update stream_heads set position = ${position} where stream = ${stream}`);
        }
        expect(await fault()).toBeUndefined();
        const expected = { kind: 'inserted', stream: later, revision: 0, position: last.position };
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
        await installation.remove([made.streams.busy, 1]);
        const { checkpoint, verification } = await installation.audit.checkpoint();
        expect(checkpoint).toBeUndefined();
        expect(verification.fault).toMatchObject({ kind: 'removed', revision: 1 });
      });
    });
  });
}
