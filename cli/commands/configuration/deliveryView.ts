import { describeDelivery, usesOf, writtenDestination, type Delivery } from '../../../src/configuration/delivery.ts';
import type { ForeignServer } from '../../../src/configuration/foreignServer.ts';
import { Refused } from '../../../src/errors/appError.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { confirm } from '../../input/prompt.ts';
import type { ReferenceValues } from './referenceValues.ts';

/** Shows in JSON what a server gets of this machine: never the value. */
export function deliveryJson({ field, origin, destination }: Delivery): object {
  return {
    field,
    ...(origin.kind === 'variable' ? { variable: origin.name } : { file: origin.path }),
    destination,
  };
}

/** Asks a person before anything is read that the file’s author wants sent to a server. @throws Refused `not-confirmed` */
export async function confirmDeliveries(
  cli: Cli,
  servers: readonly ForeignServer[],
  values: Pick<ReferenceValues, 'originOf'>,
): Promise<void> {
  const lines = servers.flatMap((server) =>
    usesOf(server).flatMap(({ field, reference }) => {
      const origin = values.originOf(reference);
      if (origin === undefined) return [];
      const delivery = { field, origin, destination: writtenDestination(server.address) };
      return [`  ${escape(server.name)}: ${escape(describeDelivery(delivery))}`];
    }),
  );
  if (lines.length === 0) return;
  cli.stderr.write(`The file asks for values of this machine:\n${lines.join('\n')}\n`);
  if (await confirm(cli, 'Read them and give them to these servers?', false)) return;
  throw new Refused('not-confirmed', 'Nothing was read, and nothing was changed.');
}
