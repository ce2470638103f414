import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AuditCheckpoint } from '../../../src/audit/auditCheckpoint.ts';
import { Refused } from '../../../src/errors/appError.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { showHistory } from '../../output/historyProgress.ts';
import { interruptible } from '../../input/interruption.ts';
import { openProgressLine } from '../../output/progressLine.ts';
import { checkIntact, verificationSummary } from '../../views/verificationView.ts';

export interface CheckpointOptions {
  /** (Default: stdout) */
  readonly out?: string;
}

/** Verifies the history and writes a signed summary of it. @throws Refused `history-not-intact`, `file-not-written` */
export async function writeCheckpoint(cli: Cli, { out }: CheckpointOptions): Promise<void> {
  // It brings the read tables up to date itself, as far as a history that was tampered with lets it.
  await cli.withStores(
    async ({ stores: { audit, db } }) => {
      using line = openProgressLine(cli.stderr);
      const onProgress = showHistory(line, 'Verifying');
      const { verification, checkpoint } = await interruptible((signal) => audit.checkpoint({ onProgress, signal }));
      line.clear();
      await checkIntact(db, verification);
      if (checkpoint === undefined) throw new TypeError('an intact history has a checkpoint');
      // The document itself is the answer, for people, too: they redirect it into a file.
      if (out === undefined) {
        await cli.output.answer(checkpoint, () => textOf(checkpoint));
        return;
      }
      const file = resolve(cli.cwd, out);
      await write(file, `${textOf(checkpoint)}\n`);
      const { store, created_at, position, events, heads } = checkpoint;
      await cli.output.answer(
        { file, store, created_at, ...(position === undefined ? {} : { position }), events, streams: heads.length },
        () =>
          `The history is intact: ${verificationSummary(verification)}.\n` +
          `Signed in ${escape(file)}. Keep it where nobody who can write to the stores can write.`,
      );
    },
    { readTables: 'as they are' },
  );
}

/** A stream on each line, so that two checkpoints can be compared. */
function textOf({ heads, ...rest }: AuditCheckpoint): string {
  const lines = heads.map((head) => `    ${JSON.stringify(head)}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return JSON.stringify({ ...rest, heads: 0 }, undefined, 2).replace('"heads": 0', () => `"heads": ${list}`);
}

/** Never over a file that is there: it may be the checkpoint that would prove something. */
async function write(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx', flush: true });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const sentence =
      code === 'EEXIST' ? 'The file exists already; choose another name.' : `The file can’t be written (${code}).`;
    throw new Refused('file-not-written', sentence, { data: { file }, cause });
  }
}
