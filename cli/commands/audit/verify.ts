import { resolve } from 'node:path';
import type { AuditCheckpoint } from '../../../src/audit/auditCheckpoint.ts';
import type { Verification } from '../../../src/audit/verify.ts';
import type { Cli } from '../../cli.ts';
import { showHistory } from '../../output/historyProgress.ts';
import { interruptible } from '../../input/interruption.ts';
import { openProgressLine } from '../../output/progressLine.ts';
import { readStdin, readTextFile } from '../../input/readText.ts';
import {
  checkIntact,
  formatCoverage,
  number,
  verificationJson,
  verificationSummary,
} from '../../views/verificationView.ts';

export interface VerifyHistoryOptions {
  /** A file, or `-` for stdin. */
  readonly against?: string;
}

/** Checks the whole history, also against a checkpoint. @throws Refused `history-not-intact` */
export async function verifyWholeHistory(cli: Cli, { against: file }: VerifyHistoryOptions): Promise<void> {
  const signed = file === undefined ? undefined : await readCheckpointFile(file, cli);
  // It brings the read tables up to date itself, as far as a history that was tampered with lets it.
  await cli.withStores(
    async ({ stores: { audit, db } }) => {
      const against = signed === undefined ? undefined : await audit.readCheckpoint(signed);
      using line = openProgressLine(cli.stderr);
      const onProgress = showHistory(line, 'Verifying');
      const verification = await interruptible((signal) => audit.verify({ against, onProgress, signal }));
      line.clear();
      // A program gets the whole report in any case, a person either the one sentence or the other.
      if (cli.output.json && !verification.ok)
        await cli.output.answer(verificationJson(verification, against), () => '');
      await checkIntact(db, verification, against);
      await cli.output.answer(verificationJson(verification, against), () =>
        [
          `The history is intact: ${verificationSummary(verification)}.`,
          ...comparison(verification, against),
          ...(verification.coverage === undefined ? [] : formatCoverage(verification.coverage)),
        ].join('\n'),
      );
    },
    { readTables: 'as they are' },
  );
}

function comparison({ sameStore }: Verification, against: AuditCheckpoint | undefined): string[] {
  if (against === undefined) return [];
  const streams = `all ${number(against.heads.length)} streams of the checkpoint of ${against.created_at} are in it`;
  return sameStore === true
    ? [`Nothing was removed or rewritten since the checkpoint: ${streams}.`]
    : [
        'The checkpoint was made in another event store, of which this one is a copy: positions can’t be compared.',
        `By its streams alone nothing was removed or rewritten: ${streams}.`,
      ];
}

/** Of 1.5 million keys and servers; a string can hold twice as much. */
const MAX_CHECKPOINT_BYTES = 256 * 1_048_576;

function readCheckpointFile(file: string, cli: Cli): Promise<string> {
  const options = { what: 'The checkpoint', maxBytes: MAX_CHECKPOINT_BYTES, data: { file } };
  return file === '-' ? readStdin(cli, options) : readTextFile(resolve(cli.cwd, file), options);
}
