import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { enforcementJson, warnOfEnforcement } from '../../views/enforcement.ts';

export interface SkipOptions {
  readonly reason: string;
}

/** Where an event stands. */
export interface EventPlace {
  readonly stream: string;
  readonly revision: number;
}

/** Has readers pass an event by that can't be read. */
export async function skipEvent(cli: Cli, { stream, revision }: EventPlace, { reason }: SkipOptions): Promise<void> {
  await cli.withStores(
    async ({ stores: { repairs } }) => {
      const skipped = await repairs.skip(stream, revision, reason, commandContext(cli));
      const { type, fault } = skipped;
      await cli.output.answer({ stream, revision, type, fault, ...enforcementJson(skipped) }, () => {
        const what = `The event ${escape(type)} at ${stream}@${revision}`;
        return skipped.changed
          ? `${what} is passed by from now on. It can’t be read: ${escape(fault)}`
          : `${what} was passed by already.`;
      });
      warnOfEnforcement(cli.output, skipped);
    },
    { readTables: 'as current as possible' },
  );
}
