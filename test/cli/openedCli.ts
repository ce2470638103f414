import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Cli } from '../../cli/cli.ts';
import { openOutput } from '../../cli/output/output.ts';
import { errorOfParser } from '../../cli/input/parserError.ts';
import { createCommandLine } from '../../cli/commandLine.ts';
import { describeCommands } from '../../cli/describedCommands.ts';
import { AppError } from '../../src/errors/appError.ts';
import type { TestGateway } from '../support/testGateway.ts';
import { Recorder } from './inProcess.ts';

/** The CLI on stores that are open already: a command costs no start. */
export interface OpenedCli extends AsyncDisposable {
  /** @returns the error that the command ended with; undefined when it was done. @throws what is no refusal */
  run(argv: readonly string[]): Promise<AppError | undefined>;
  /** Writes a file where commands look for it. */
  write(name: string, content: string): Promise<void>;
}

/** Makes a CLI that works on the stores of a gateway. */
export async function openCliOf({ stores, settings }: TestGateway): Promise<OpenedCli> {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-cli-'));
  return {
    write: (name, content) => writeFile(join(folder, name), content),
    async run(argv) {
      const stdout = new Recorder();
      const stderr = new Recorder();
      const surroundings = { argv, stdin: Readable.from([]), stdout, stderr, env: {}, cwd: folder };
      const cli: Cli = {
        ...surroundings,
        programWords: ['metamcp-cli'],
        output: openOutput({ ...surroundings, json: true }),
        commandLine: undefined,
        as: () => undefined,
        readSettings: () => Promise.resolve(settings),
        readConfiguration: () => Promise.resolve({ settings, effective: [], warnings: [] }),
        async withStores(work) {
          await stores.projections.pump();
          return work({ stores, settings });
        },
        withReadTables: (work) => cli.withStores(() => work({ db: stores.db, stores, settings })),
        withDatabase: (work) => work({ db: stores.db, settings }),
      };
      const { root: program } = createCommandLine({ width: 80, onHelp: () => undefined, open: () => cli });
      await describeCommands(program, cli);
      try {
        await program.parseAsync([...argv, '--json'], { from: 'user' });
        return undefined;
      } catch (error) {
        const problem = errorOfParser(error, program, argv);
        if (problem instanceof AppError) return problem;
        throw problem;
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
