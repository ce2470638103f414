import type { Cli } from '../../cli.ts';
import { openProgressLine } from '../../output/progressLine.ts';
import { number } from '../../views/verificationView.ts';

/** Wraps all data encryption keys under the present ENCRYPTION_KEY. */
export async function rewrapVault(cli: Cli): Promise<void> {
  await cli.withStores(
    async ({ stores: { vault }, settings }) => {
      using line = openProgressLine(cli.stderr);
      let rewrapped = 0;
      // A gateway that still runs with the old key may have wrapped one behind this: until a pass finds none.
      for (let found = -1; found !== 0;) {
        const before = rewrapped;
        found = await vault.rewrap((count) => line.show(`Re-wrapping: ${number(before + count)} keys`));
        rewrapped += found;
      }
      line.clear();
      const hasPrevious = settings.encryptionKeyPrevious !== undefined;
      await cli.output.answer({ rewrapped, previous_key_needed: false }, () =>
        [
          rewrapped === 0
            ? 'All data keys are encrypted with the present ENCRYPTION_KEY already.'
            : `${number(rewrapped)} data keys are encrypted with the present ENCRYPTION_KEY now.`,
          ...(hasPrevious
            ? ['Once every gateway runs with it, ENCRYPTION_KEY_PREVIOUS is needed no longer: unset it.']
            : []),
        ].join('\n'),
      );
    },
    { readTables: 'as they are' },
  );
}
