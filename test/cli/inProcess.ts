import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCli } from '../../cli/run.ts';
import type { Stores, StoresOptions } from '../../src/stores/stores.ts';
import { openEventStoreUnderTest } from '../support/eventStoreUnderTest.ts';

/** What one command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A JSON answer; which of the members there are depends on the command, and the tests say so. */
export interface Document {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly api_key: string;
  readonly url: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly old_key_valid_until: string;
  readonly history: readonly { readonly type: string; readonly correlation_id: string }[];
  readonly header_names: readonly string[];
  readonly tools: number;
  readonly connect_ms: number;
  readonly latency_ms: number;
  readonly applied: readonly string[];
  readonly pending: number;
  readonly migrations: readonly { readonly name: string }[];
  readonly projections: readonly { readonly name: string }[];
  readonly last_position: string;
  readonly help: string;
  readonly version: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly data: { readonly candidates: readonly { readonly id: string; readonly name: string }[] };
  };
}

export interface RunOptions {
  readonly stdin?: string;
  /** Over the test's own settings. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How the user has started the CLI. (Default: metamcp-cli) */
  readonly programName?: string;
  /** Makes stdout and stderr a terminal of this width. */
  readonly columns?: number;
}

/** The CLI as a function, with settings of its own and the working directory in a folder of its own. */
export interface InProcessCli extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  run(argv: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Runs with `--json`; stdout must be exactly one JSON document. */
  json(argv: readonly string[], options?: RunOptions): Promise<{ code: number; document: Document; stderr: string }>;
  /** As `json`, for a list. */
  list(argv: readonly string[], options?: RunOptions): Promise<readonly Document[]>;
}

/**
 * Makes a CLI whose stores are in the database at `url`.
 * @param settings over the test's own
 * @param openStores (Default: each command opens its stores, as users' do)
 */
export async function openInProcessCli(
  url: string,
  settings: Readonly<Record<string, string>> = {},
  openStores?: (options: StoresOptions) => Promise<Stores>,
): Promise<InProcessCli> {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-cli-'));
  const eventStore = await openEventStoreUnderTest();
  const secret = () => randomBytes(32).toString('base64');
  const env = {
    ...eventStore.env,
    DATABASE_URL: url,
    JWT_SECRET: secret(),
    ENCRYPTION_KEY: secret(),
    METAMCP_HOME: folder,
    ...settings,
  };

  async function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const stdout = new Recorder(options.columns);
    const stderr = new Recorder(options.columns);
    const code = await runCli({
      argv,
      stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
      stdout,
      stderr,
      env: { ...env, ...options.env },
      cwd: folder,
      programName: options.programName,
      openStores,
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  const withJson = (argv: readonly string[], options?: RunOptions) =>
    run([...argv.slice(0, 2), '--json', ...argv.slice(2)], options);

  return {
    folder,
    env,
    run,
    async json(argv, options) {
      const { code, stdout, stderr } = await withJson(argv, options);
      return { code, document: JSON.parse(stdout) as Document, stderr };
    },
    async list(argv, options) {
      return JSON.parse((await withJson(argv, options)).stdout) as Document[];
    },
    async [Symbol.asyncDispose]() {
      await eventStore[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Keeps what is written to it, and may claim to be a terminal. */
export class Recorder extends Writable {
  readonly columns: number | undefined;
  readonly isTTY: boolean;
  text = '';

  constructor(columns?: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.isTTY = columns !== undefined;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    this.emit('written');
    done();
  }
}
