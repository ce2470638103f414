import { credentialsFor } from '../../../src/administration/credentialFaults.ts';
import { present } from '../../../src/administration/present.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { waitingToolDocument } from '../../../src/administration/toolApproval.ts';
import type { ServerHealthDocument } from '../../../src/api/serverHealth.ts';
import type { Cli } from '../../cli.ts';
import { compareInstallation } from '../../gateway/otherInstallation.ts';
import { readServerCondition } from '../../gateway/serverCondition.ts';
import { formatRecord } from '../../output/record.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { processesField } from '../../views/processesView.ts';
import { conditionFields } from '../../views/serverHealthView.ts';
import { credentialFields, secretNames, serverFields, serverJson } from '../../views/serverView.ts';

/** Shows a server, its health in the gateway, what it offers and which of that waits for an approval. */
export async function showServer(cli: Cli, name: string): Promise<void> {
  await cli.withStores(async ({ stores, settings }) => {
    const warnIfOther = compareInstallation({ stores, settings });
    const row = await requireServer(stores.db, name);
    const names = secretNames(await openServerSecrets(stores.vault, row));
    const ofKeys = await credentialsFor(stores, row);
    const condition = await readServerCondition({ stores, settings }, row);
    const { health, catalogue, waiting } = condition;
    const document = {
      ...serverJson(row),
      header_names: names.headers,
      env_names: names.env,
      credentials: ofKeys.map(({ keyId, keyName, headers, env, outdated, fault }) => ({
        key: { id: keyId, name: keyName },
        header_names: headers,
        env_names: env,
        outdated,
        ...present({ fault }),
      })),
      ...(health !== undefined && { health: healthJson(health) }),
      ...(health?.processes !== undefined && { processes: health.processes }),
      catalogue,
      ...(waiting !== undefined && { unapproved: waiting.map(waitingToolDocument) }),
    };
    await cli.output.answer(document, () =>
      formatRecord(
        [
          ...serverFields(row, names),
          ...credentialFields(ofKeys),
          ...(row.transport === 'stdio' ? [processesField(health?.processes)] : []),
          ...conditionFields(row, condition),
        ],
        cli.output.paint,
      ),
    );
    await warnIfOther(cli.output);
  });
}

function healthJson({ status, answered_at: answeredAt, failure, circuit }: ServerHealthDocument): object {
  return { status, ...present({ answered_at: answeredAt }), ...(failure !== undefined && { failure }), circuit };
}
