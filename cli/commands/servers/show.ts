import { AppError } from '../../../src/errors/appError.ts';
import { addressDigest } from '../../../src/events/serverAddress.ts';
import { listCredentialsOf } from '../../../src/projections/tables/apiKeys.ts';
import { readingDocument, serverHealthSchema } from '../../../src/api/serverHealth.ts';
import { present } from '../../../src/administration/present.ts';
import { waitingToolDocument } from '../../../src/administration/toolApproval.ts';
import { listReadings } from '../../../src/catalogue/rememberedTable.ts';
import type { Cli } from '../../cli.ts';
import { callGateway, type GatewayAccess } from '../../gateway/callGateway.ts';
import { formatRecord } from '../../output/record.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { credentialFields, secretNames, serverFields, serverJson } from '../../views/serverView.ts';
import { processesField } from '../../views/processesView.ts';
import { healthFields, waitingField, type ServerHealthDocument } from '../../views/serverHealthView.ts';

/** How long the gateway may take to say what it knows of a server, in milliseconds: the settings are shown without it, too. */
const PATIENCE_MS = 2_000;

/** Shows a server, its health in the gateway, what it offers and which of that waits for an approval. */
export async function showServer(cli: Cli, name: string): Promise<void> {
  await cli.withStores(async ({ stores, settings }) => {
    const row = await requireServer(stores.db, name);
    const names = secretNames(await openServerSecrets(stores.vault, row));
    const ofKeys = await listCredentialsOf(stores.db, { ...row, address: addressDigest(row) });
    const found = await healthOf({ stores, settings }, name);
    const catalogue = (await listReadings(stores.db, name, row.revision)).map(readingDocument);
    const waiting = (row.onToolChange ?? 'allow') === 'allow' ? undefined : await stores.approvals.unapproved(name);
    const processes = found?.processes;
    const document = {
      ...serverJson(row),
      header_names: names.headers,
      env_names: names.env,
      credentials: ofKeys.map(({ keyId, keyName, headers, env, outdated }) => ({
        key: { id: keyId, name: keyName },
        header_names: headers,
        env_names: env,
        outdated,
      })),
      ...(found !== undefined && { health: healthJson(found) }),
      ...(processes !== undefined && { processes }),
      catalogue,
      ...(waiting !== undefined && { unapproved: waiting.map(waitingToolDocument) }),
    };
    await cli.output.answer(document, () => {
      const fields = [
        ...serverFields(row, names),
        ...credentialFields(ofKeys),
        ...healthFields(found, catalogue),
        ...(row.transport === 'stdio' ? [processesField(processes)] : []),
        ...(waiting === undefined ? [] : [waitingField(name, waiting)]),
      ];
      return formatRecord(fields, cli.output.paint);
    });
  });
}

function healthJson({ status, answered_at: answeredAt, failure }: ServerHealthDocument): object {
  return { status, ...present({ answered_at: answeredAt }), ...(failure !== undefined && { failure }) };
}

/** @returns undefined when no gateway answers in time */
async function healthOf(access: GatewayAccess, name: string): Promise<ServerHealthDocument | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await callGateway({ ...access, signal }, 'GET', `/api/v1/mcp/servers/${name}/health`);
    return serverHealthSchema.parse(await answer.json());
  } catch (error) {
    if (error instanceof AppError || (error instanceof DOMException && error.name === 'TimeoutError')) return undefined;
    throw error;
  }
}
