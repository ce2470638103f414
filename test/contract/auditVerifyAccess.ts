import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSystemKeys } from '../../src/vault/systemKeys.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { streamRepairStream } from '../../src/events/streamRepair.ts';
import { sql } from '../../src/postgres/sql.ts';
import { appendGenuine, eventAt, garbage, sealedBy, withoutTemporaryTables } from './auditFixture.ts';
import type { AuditWorld, AuditWorlds } from './auditWorld.ts';

/** The last part of auditVerify.ts: what decides about access besides the history. */
export function auditAccessContract(name: string, worlds: AuditWorlds): void {
  describe(`audit verify on ${name}`, () => {
    let world: AuditWorld;
    let installation: AuditWorld['installation'];
    let made: AuditWorld['made'];
    beforeEach(async () => {
      world = await worlds.copy();
      ({ installation, made } = world);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    describe('finds in the vault', () => {
      test('a key that does not open: damaged, exchanged, or under another master key [audit-verify-secrets]', async () => {
        const { db } = installation;
        const history = await installation.history();
        const { github, old } = made.streams;
        const [mine, other] = [sealedBy(eventAt(history, github, 4)), sealedBy(eventAt(history, old, 0))];
        const [row] = await db.query<{ wrapped: Buffer; masterKeyId: string }>(
          sql`select wrapped, master_key_id as "masterKeyId" from vault_keys where id = ${mine}::uuid`,
        );
        const restore = () =>
          db.query(sql`
            update vault_keys set wrapped = ${row!.wrapped}, master_key_id = ${row!.masterKeyId} where id = ${mine}::uuid`);
        const expected = { kind: 'secret-damaged', stream: github };
        const damaged = Buffer.from(row!.wrapped);
        damaged[40]! ^= 1;
        await db.query(sql`update vault_keys set wrapped = ${damaged} where id = ${mine}::uuid`);
        expect(await installation.fault()).toMatchObject(expected);
        await db.query(sql`
          update vault_keys set wrapped = (select o.wrapped from vault_keys o where o.id = ${other}::uuid)
          where id = ${mine}::uuid`);
        expect(await installation.fault()).toMatchObject(expected);
        await restore();
        await db.query(sql`update vault_keys set master_key_id = 'another' where id = ${mine}::uuid`);
        expect(await installation.fault()).toMatchObject(expected);
        await restore();
        expect(await installation.fault()).toBeUndefined();
      });

      test.each(['chain', 'fingerprint', 'session'])(
        'that the installation’s key “%s” is gone, damaged or another one [audit-verify-system-keys]',
        async (key) => {
          const { db, vault } = installation;
          // As a program does that is started beside a history.
          await openSystemKeys({ db, vault, before: undefined, acceptLoss: false });
          const subject = `system:${key}`;
          const expected = { kind: 'system-key', stream: subject, revision: undefined };
          const [row] = await db.query<{ id: string; wrapped: Buffer; masterKeyId: string }>(
            sql`select id, wrapped, master_key_id as "masterKeyId" from vault_keys where subject = ${subject}`,
          );
          const damaged = Buffer.from(row!.wrapped);
          damaged[40]! ^= 1;
          await db.query(sql`update vault_keys set wrapped = ${damaged} where subject = ${subject}`);
          expect(await installation.fault()).toMatchObject(expected);
          await db.query(sql`delete from vault_keys where subject = ${subject}`);
          expect(await installation.fault()).toMatchObject(expected);
          await vault.systemKey(key);
          expect(await installation.fault()).toMatchObject(expected);
          await db.query(sql`
            update vault_keys set wrapped = ${row!.wrapped}, master_key_id = ${row!.masterKeyId} where subject = ${subject}`);
          expect(await installation.fault()).toBeUndefined();
        },
      );

      test('a secret that does not open although its key is there [audit-verify-secrets]', async () => {
        const { vault, createKey } = installation;
        const id = randomUUID();
        const [stream, other] = [apiKeyStream(id), apiKeyStream(randomUUID())];
        const sealed = await vault.seal(await vault.createDek(stream), other, { secret: 'of another' });
        await createKey({ id, sealed });
        expect(await installation.fault()).toMatchObject({ kind: 'secret-damaged', stream, revision: 0 });
      });

      test('the secret of a key that was retired for good, when it can still be opened [audit-verify-shredded]', async () => {
        const { db } = installation;
        const { old } = made.streams;
        const dek = sealedBy(eventAt(await installation.history(), old, 0));
        const [row] = await db.query<{ wrapped: Buffer; masterKeyId: string }>(
          sql`select wrapped, master_key_id as "masterKeyId" from vault_keys where id = ${dek}::uuid`,
        );
        await appendGenuine(installation, streamRepairStream(old), {
          type: 'StreamRetired',
          data: { final: true, deks: [dek], reason: 'hidden' },
        });
        expect(await installation.fault()).toBeUndefined();
        await db.query(sql`
          insert into vault_keys (id, subject, wrapped, master_key_id)
          values (${dek}::uuid, ${old}, ${row!.wrapped}, ${row!.masterKeyId})`);
        expect(await installation.fault()).toMatchObject({
          kind: 'not-shredded',
          stream: streamRepairStream(old),
          revision: 0,
        });
      });
    });

    describe('finds in the tables that calls are checked against', () => {
      test('a key with more scopes, with another secret, missing, or made up [audit-verify-access-tables]', async () => {
        const { db } = installation;
        const { busy } = made.ids;
        const expected = { kind: 'table-mismatch', stream: made.streams.busy, revision: 3 };
        await db.query(sql`update api_keys set scopes = scopes || '{servers:exec}' where id = ${busy}::uuid`);
        expect(await installation.fault()).toMatchObject(expected);
        await db.query(sql`update api_keys set scopes = '{mcp,audit:read}' where id = ${busy}::uuid`);
        expect(await installation.fault()).toBeUndefined();
        await db.query(sql`
          update api_keys set sealed = (select o.sealed from api_keys o where o.id = ${made.ids.old}::uuid)
          where id = ${busy}::uuid`);
        expect(await installation.fault()).toMatchObject(expected);
        await db.query(sql`delete from api_keys where id = ${busy}::uuid`);
        expect(await installation.fault()).toMatchObject(expected);
        const { rebuild } = installation.projections;
        await rebuild({ acceptLoss: false });
        expect(await installation.fault()).toBeUndefined();
        await db.query(sql`
          insert into api_keys (id, name, description, status, scopes, grants, created_at, created_by, updated_at, revision)
          select gen_random_uuid(), name, description, status, scopes, grants, created_at, created_by, updated_at, revision
          from api_keys where id = ${busy}::uuid`);
        expect(await installation.fault()).toMatchObject({ kind: 'table-mismatch', revision: undefined });
      });

      test('an approval of a tool that nobody has approved [audit-verify-access-tables]', async () => {
        await installation.db.query(sql`
          insert into approved_tools (server, tool, digest, registered_at, revision)
          values ('github', 'mail', 'x', now(), 0)`);
        expect(await installation.fault()).toMatchObject({ kind: 'table-mismatch', stream: 'mcpCatalogue-github' });
      });

      test('a server with another address [audit-verify-access-tables]', async () => {
        await installation.db.query(sql`update mcp_servers set url = 'http://127.0.0.1:9/evil' where name = 'github'`);
        expect(await installation.fault()).toMatchObject({
          kind: 'table-mismatch',
          stream: made.streams.github,
          revision: 4,
        });
      });

      test('a key that is not retired any more, or an unreadable event that is forgotten [audit-verify-access-tables]', async () => {
        const { db, store, projections } = installation;
        const { old, busy } = made.streams;
        await appendGenuine(installation, streamRepairStream(old), {
          type: 'StreamRetired',
          data: { final: false, deks: [] },
        });
        await db.query(sql`delete from retired_streams`);
        expect(await installation.fault()).toMatchObject({ kind: 'table-mismatch', stream: old });
        await projections.rebuild({ acceptLoss: false });
        const damaged = garbage();
        await store.append(busy, 3, [damaged]);
        await appendGenuine(installation, streamRepairStream(busy), {
          type: 'EventSkipped',
          data: { revision: 4, eventId: damaged.id, type: damaged.type, reason: 'seen' },
        });
        expect(await installation.fault()).toBeUndefined();
        await db.query(sql`update unreadable_events set skipped = false`);
        expect(await installation.fault()).toMatchObject({ kind: 'table-mismatch', stream: busy });
      });

      test('nothing, without the right to make temporary tables, and says that they were not compared [audit-verify-coverage]', async () => {
        const { db } = installation;
        await using limited = await withoutTemporaryTables(db);
        await db.query(sql`update api_keys set scopes = '{}' where id = ${made.ids.busy}::uuid`);
        const { fault, coverage } = await installation.auditOn(installation.store, limited.db).verify();
        expect(fault).toBeUndefined();
        expect(coverage!.covered.map(({ part }) => part)).not.toContain('access_tables');
        expect(coverage!.notCovered).toContainEqual({
          part: 'access_tables',
          sentence: expect.stringContaining('temporary'),
        });
      });
    });
  });
}
