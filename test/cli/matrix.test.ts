import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeApiKey } from '../../src/auth/keyFormat.ts';
import { displayWidth } from '../../cli/output/width.ts';
import { SHAPES } from '../../cli/schemas/shapes.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { describedCommands, describedCommandLine } from './commandTree.ts';
import { DANGEROUS, HOSTILE } from './hostileText.ts';
import type { Document, Outcome } from './inProcess.ts';
import { MATRIX } from './matrix.ts';
import type { Invocation, Row } from './matrixRow.ts';
import { openWorld, where, type World } from './matrixWorld.ts';

let world: World;
let empty: TestDatabase;
const validators = new Map<string, ValidateFunction>();
beforeAll(async () => {
  world = await openWorld();
  empty = await createTestDatabase();
  await world.file('well-formed-key', makeApiKey('019a0000-0000-7000-8000-000000000000', Buffer.alloc(32, 1)).text);
  const { stdout } = await world.cli.run(['schema', '--json']);
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  for (const [path, schema] of Object.entries(JSON.parse(stdout) as Record<string, object>)) {
    validators.set(path, ajv.compile(schema));
  }
});
afterAll(async () => {
  await empty[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

const rows = Object.entries(MATRIX);
const NOWHERE = { DATABASE_URL: 'postgresql://metamcp:secret@127.0.0.1:1/nowhere' };

const run = ({ argv, ...options }: Invocation) => world.cli.run(argv, options);
const runJson = ({ argv, ...options }: Invocation) => world.cli.run(['--json', ...argv], options);

/** Reads the one document on stdout, and holds it against the schema that `metamcp-cli schema` prints. */
function documentOf({ stdout }: Outcome, path: string): Document {
  const document = JSON.parse(stdout) as Document;
  const validate = validators.get(path);
  validate?.(document);
  expect({ path, errors: validate?.errors }).toEqual({ path, errors: null });
  return document;
}

function expectHarmless({ stdout, stderr }: Outcome): void {
  for (const line of `${stdout}\n${stderr}`.split('\n')) expect(line).not.toMatch(DANGEROUS);
}

/** For people a sentence on stderr; for programs a document on stdout. @returns its code */
async function failing(invocation: Invocation, ...codes: readonly number[]): Promise<string> {
  const text = await run(invocation);
  const { code } = text;
  expect(codes).toContain(code);
  expect(text).toMatchObject({ stderr: expect.stringMatching(/^error: ./) });
  const json = await runJson(invocation);
  expect(json.code).toBe(code);
  for (const outcome of [text, json]) expectHarmless(outcome);
  expectNamed(text);
  expect(text.stderr + json.stdout + json.stderr).not.toMatch(/This is a fault in MetaMCP|secret@/);
  return json.stderr === '' ? documentOf(json, 'error').error.code : '';
}

/** Keys are named by their names: a whole id stands in a line of its own alone. */
function expectNamed({ stdout, stderr }: Outcome): void {
  // Documents are for programs.
  if (stdout.startsWith('{')) return;
  for (const line of `${stdout}\n${stderr}`.split('\n')) {
    if (!/^ID +\S+$/.test(line)) expect(line).not.toMatch(UUID);
  }
}

it('every command has its row in the matrix, and its shape [cli-matrix] [cli-json-shapes]', async () => {
  const paths = describedCommands(await describedCommandLine())
    .filter(({ runs }) => runs)
    .map(({ path }) => path);
  expect(rows.map(([path]) => path).sort()).toEqual(paths.sort());
  expect(Object.keys(SHAPES).sort()).toEqual(paths.sort());
});

describe.each(rows)('%s', (path, row) => {
  it('is done, for people and for programs, who get the shape that is documented [cli-matrix] [cli-json-shapes] [cli-exit-codes] [cli-key-names]', async () => {
    const text = await run(await row.done(world));
    expect(text).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\S\n$/) });
    expectHarmless(text);
    expectNamed(text);
    const json = await runJson(await row.done(world));
    expect(json).toMatchObject({ code: 0, stderr: '' });
    expectHarmless(json);
    documentOf(json, path);
  });

  const { refused, unreachable, subject } = row;
  where(typeof refused !== 'string')('is refused with a reason [cli-matrix] [cli-exit-codes]', async () => {
    if (typeof refused === 'string') return;
    const code = await failing(await refused.run(world), 1);
    // A command may answer with its document and be refused nevertheless; the error is on stderr then.
    if (code === '') expect(JSON.stringify(await runJson(await refused.run(world)))).toContain(refused.code);
    else expect(code).toBe(refused.code);
  });

  it('says how it is used [cli-matrix] [cli-exit-codes]', async () => {
    await failing({ argv: row.wrong }, 2);
  });

  where(typeof unreachable !== 'string')(
    'ends with 3 when a store can’t be reached [cli-matrix] [cli-exit-codes]',
    async () => {
      if (typeof unreachable === 'string') return;
      expect(await failing({ argv: unreachable, env: NOWHERE }, 3)).toBe('database-unavailable');
    },
  );

  where(row.empty !== undefined)('works in an installation that holds nothing [cli-matrix]', async () => {
    const env = { DATABASE_URL: empty.url };
    const argv = row.empty ?? [];
    expect(await run({ argv, env })).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\S\n$/) });
    const again = argv.includes('replayed')
      ? argv.map((word) => (word === 'replayed' ? 'replayed_again' : word))
      : argv;
    documentOf(await runJson({ argv: again, env }), path);
  });

  where(row.table === true)('fits a terminal of 40 columns [cli-matrix]', async () => {
    const { stdout } = await run({ ...(await row.done(world)), columns: 40, env: { NO_COLOR: '1' } });
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  });

  where(subject !== undefined)(
    'takes no other name for the one that it works on [cli-matrix] [cli-hostile-text]',
    async () => {
      if (subject === undefined) return;
      const { argv } = await row.done(world);
      const names = [HOSTILE, '\u202egithub', 'n'.repeat(300), '%', "'; drop table api_keys --", '../..', ' '];
      for (const name of names) {
        await failing({ argv: argv.with(subject.at, name) }, 1, 2);
      }
    },
  );

  where(subject?.kind === 'key')('names the candidates of an ambiguous id [cli-matrix] [cli-id-prefix]', async () => {
    const { argv } = await row.done(world);
    await world.key();
    const invocation = { argv: argv.with(subject?.at ?? 0, argv[subject?.at ?? 0]?.slice(0, 4) ?? '') };
    expect(await failing(invocation, 1)).toBe('key-ambiguous');
  });
});

it('a document of another shape would be found', async () => {
  const { document } = await world.cli.json(['servers', 'show', await world.server()]);
  const validate = validators.get('servers show');
  expect(validate?.(document)).toBe(true);
  expect(validate?.({ ...document, surplus: 1 })).toBe(false);
  expect(validate?.({ ...document, name: undefined })).toBe(false);
  const rowsWithout: Row[] = Object.values(MATRIX).filter((row) => typeof row.refused === 'string');
  for (const { refused } of rowsWithout) expect(refused).toMatch(/\.$/);
});
