import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { auditCheckpointSchema } from '../../src/audit/auditCheckpoint.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli } from './inProcess.ts';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();
let id: string;
beforeAll(async () => {
  id = (await cli.json(['keys', 'create', '--name', 'ci'])).document.id;
  await cli.run(['keys', 'inactivate', id, '--reason', 'lost']);
  await cli.run(['servers', 'add', 'github', '--url', 'http://127.0.0.1:9/mcp', '--header', 'Authorization: hunter2']);
});
afterEach(() => setReason('lost'));

/** Edits the audit trail in the read tables; `lost` is how it was. */
async function setReason(reason: string): Promise<void> {
  await cli.database.db.query(sql`
    update audit_events set data = jsonb_build_object('reason', ${reason}::text)
    where stream = ${`apiKey-${id}`} and revision = 1`);
}

async function checkpointFile(name: string): Promise<string> {
  const { code } = await cli.run(['audit', 'checkpoint', '--out', name]);
  expect(code).toBe(0);
  return readFile(join(cli.folder, name), 'utf8');
}

describe('audit verify', () => {
  it('says that the history is intact, how much of it there is, and how fast it was [cli-json-document]', async () => {
    const { code, document, stderr } = await cli.json(['audit', 'verify']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(document).toMatchObject({
      ok: true,
      store: expect.stringMatching(/^[0-9a-f-]{36}$/),
      events: 3,
      streams: 2,
      foreign_events: 0,
      skipped_events: 0,
      covered: expect.arrayContaining([{ part: 'access_tables', sentence: expect.stringContaining('api_keys') }]),
      not_covered: expect.arrayContaining([{ part: 'usage', sentence: expect.any(String) }]),
      from: expect.stringMatching(/Z$/),
      to: expect.stringMatching(/Z$/),
      position: expect.stringMatching(/^\d+$/),
      duration_ms: expect.any(Number),
      events_per_second: expect.any(Number),
    });
    expect((await cli.run(['audit', 'verify'])).stdout).toMatch(
      /^The history is intact: 3 events in 2 streams, .* UTC to .* UTC \(\d+\.\d s, [\d,]+ events\/s\)\.\n\nIt proves:\n {2}each event [^]*\n\nIt does not cover:\n {2}[^]*the usage counters[^]*\n$/,
    );
  });

  it('names the first fault and its key, and ends with 1, without helping whoever wants to forge a hash [cli-exit-codes] [cli-key-names]', async () => {
    await setReason('\u001b[31mred');
    const { code, document } = await cli.json(['audit', 'verify']);
    expect({ code, document }).toMatchObject({
      code: 1,
      document: {
        ok: false,
        fault: { kind: 'trail-mismatch', stream: `apiKey-${id}`, revision: 1, meaning: expect.any(String) },
      },
    });
    const [head] = await cli.database.db.query<{ hash: string }>(
      sql`select hash from stream_heads where stream = ${`apiKey-${id}`}`,
    );
    const text = await cli.run(['audit', 'verify']);
    expect(text).toMatchObject({ code: 1, stdout: '' });
    expect(text.stderr).toContain(`error: The history is not intact. The key ci (${id.slice(-8)}), apiKey-${id}@1`);
    expect(text.stderr + JSON.stringify(document)).not.toContain(head!.hash);
  });

  it('ends with 3 when the event store can’t be reached [cli-exit-codes]', async () => {
    const env = { EVENT_STORE_URL: 'esdb://127.0.0.1:1?tls=false' };
    expect(await cli.json(['audit', 'verify'], { env })).toMatchObject({ code: 3 });
    // What the store's client has said is in the sentence, and not said again after it.
    const { stderr } = await cli.run(['audit', 'verify'], { env });
    expect(stderr.match(/can’t be reached/g)).toHaveLength(1);
  });

  it('leaves db status able to tell of the rest', async () => {
    const env = { EVENT_STORE_URL: 'esdb://127.0.0.1:1?tls=false' };
    expect(await cli.json(['db', 'status'], { env })).toMatchObject({
      code: 0,
      document: { event_store_fault: expect.stringContaining('can’t be reached'), faults: [] },
    });
  });

  it('names what was cut off the end of the history, where every other command refuses to go on [audit-verify-tampering]', async () => {
    await using otherDatabase = await createTestDatabase();
    await using other = await openInProcessCli(otherDatabase.url);
    const cut = (await other.json(['keys', 'create', '--name', 'cut'])).document.id;
    await other.run(['keys', 'inactivate', cut]);
    await otherDatabase.db.query(sql`delete from events where stream = ${`apiKey-${cut}`} and revision = 1`);
    expect((await other.run(['keys', 'list'])).code).toBe(3);
    expect(await other.json(['audit', 'verify'])).toMatchObject({
      code: 1,
      document: { ok: false, fault: { kind: 'truncated', stream: `apiKey-${cut}`, revision: 1 } },
    });
    expect((await other.run(['audit', 'checkpoint'])).code).toBe(1);
  });

  it('ends with 2 when it is used wrongly', async () => {
    for (const argv of [['--against'], ['--against', 'no-such-file'], ['more'], ['--surprise']]) {
      expect((await cli.run(['audit', 'verify', ...argv])).code).toBe(2);
    }
  });
});

describe('audit checkpoint', () => {
  it('is written to stdout or into a new file, and is never written over one [audit-checkpoint]', async () => {
    const { code, stdout } = await cli.run(['audit', 'checkpoint']);
    expect(code).toBe(0);
    const printed = auditCheckpointSchema.parse(JSON.parse(stdout));
    expect(printed).toMatchObject({ events: 3, heads: [{ stream: `apiKey-${id}`, revision: 1 }, { revision: 0 }] });
    expect(stdout).not.toContain('hunter2');
    const written = await cli.json(['audit', 'checkpoint', '--out', 'first.json']);
    expect(written).toMatchObject({
      code: 0,
      document: { events: 3, streams: 2, file: join(cli.folder, 'first.json') },
    });
    const content = await readFile(join(cli.folder, 'first.json'), 'utf8');
    expect(auditCheckpointSchema.parse(JSON.parse(content)).heads).toEqual(printed.heads);
    expect(await cli.json(['audit', 'checkpoint', '--out', 'first.json'])).toMatchObject({
      code: 1,
      document: { error: { code: 'file-not-written' } },
    });
    expect(await readFile(join(cli.folder, 'first.json'), 'utf8')).toBe(content);
    expect((await cli.run(['audit', 'checkpoint', '--out', 'no/such/folder.json'])).code).toBe(1);
  });

  it('is held against the history, from a file or stdin, also when that has grown [audit-checkpoint]', async () => {
    const content = await checkpointFile('grown.json');
    await cli.run(['keys', 'create', '--name', 'another']);
    const json = await cli.json(['audit', 'verify', '--against', 'grown.json']);
    expect(json).toMatchObject({
      code: 0,
      document: { ok: true, against: { same_store: true, created_at: expect.any(String) } },
    });
    const text = await cli.run(['audit', 'verify', '--against', '-'], { stdin: content });
    expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was removed or rewritten since') });
  });

  it('is not made of a history with a fault [audit-checkpoint]', async () => {
    await setReason('found');
    const { code, stdout } = await cli.run(['audit', 'checkpoint', '--out', 'faulty.json']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    await expect(readFile(join(cli.folder, 'faulty.json'))).rejects.toThrow('ENOENT');
  });

  it('that is damaged, of another installation or no checkpoint at all is refused with 2 [audit-checkpoint-genuine]', async () => {
    const content = await checkpointFile('genuine.json');
    const against = async (stdin: string) => {
      const { code, document } = await cli.json(['audit', 'verify', '--against', '-'], { stdin });
      return [code, document.error.code];
    };
    const genuine = auditCheckpointSchema.parse(JSON.parse(content));
    const [head, ...heads] = genuine.heads;
    for (const forged of [
      { ...genuine, heads },
      { ...genuine, heads: [{ ...head, revision: 0 }, ...heads] },
      { ...genuine, created_at: '2020-01-01T00:00:00.000Z' },
      { ...genuine, signature: 'A'.repeat(86) },
    ]) {
      expect(await against(JSON.stringify(forged))).toEqual([2, 'checkpoint-damaged']);
    }
    for (const text of ['', 'null', '{}', content.slice(0, -9), JSON.stringify({ ...genuine, more: 1 })]) {
      expect(await against(text)).toEqual([2, 'checkpoint-unreadable']);
    }

    await using otherDatabase = await createTestDatabase();
    await using other = await openInProcessCli(otherDatabase.url);
    const foreign = (await other.run(['audit', 'checkpoint'])).stdout;
    expect(await against(foreign)).toEqual([2, 'checkpoint-foreign']);
    await writeFile(join(cli.folder, 'foreign.json'), foreign);
    const { stderr } = await cli.run(['audit', 'verify', '--against', 'foreign.json']);
    expect(new Set(stderr.match(/\b[0-9a-f]{16}\b/g)).size).toBe(2);
  });
});
