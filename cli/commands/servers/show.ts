import { AppError } from '../../../src/errors/appError.ts';
import { serverProcessesSchema } from '../../../src/api/serverProcesses.ts';
import { addressDigest } from '../../../src/events/serverAddress.ts';
import { listCredentialsOf } from '../../../src/projections/tables/apiKeys.ts';
import type { Cli } from '../../cli.ts';
import { callGateway, type GatewayAccess } from '../../gateway/callGateway.ts';
import { formatRecord } from '../../output/record.ts';
import { requireServer } from '../../stores/requireServer.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { processesField, type ServerProcessesDocument } from '../../views/processesView.ts';
import { credentialFields, secretNames, serverFields, serverJson } from '../../views/serverView.ts';

/** How long the gateway may take to say what its programs do, in milliseconds: the settings are shown without it, too. */
const PATIENCE_MS = 2_000;

/** Shows a server, and of one that is a program what its processes do in the gateway. */
export async function showServer(cli: Cli, name: string): Promise<void> {
  await cli.withStores(async ({ stores, settings }) => {
    const row = await requireServer(stores.db, name);
    const names = secretNames(await openServerSecrets(stores.vault, row));
    const processes = row.transport === 'stdio' ? await processesOf({ stores, settings }, name) : undefined;
    const ofKeys = await listCredentialsOf(stores.db, { ...row, address: addressDigest(row) });
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
    };
    await cli.output.answer(processes === undefined ? document : { ...document, processes }, () => {
      const fields = [...serverFields(row, names), ...credentialFields(ofKeys)];
      const shown = row.transport === 'stdio' ? [...fields, processesField(processes)] : fields;
      return formatRecord(shown, cli.output.paint);
    });
  });
}

/** @returns undefined when no gateway answers in time */
async function processesOf(access: GatewayAccess, name: string): Promise<ServerProcessesDocument | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await callGateway({ ...access, signal }, 'GET', `/api/v1/mcp/servers/${name}/processes`);
    return serverProcessesSchema.parse(await answer.json());
  } catch (error) {
    if (error instanceof AppError || (error instanceof DOMException && error.name === 'TimeoutError')) return undefined;
    throw error;
  }
}
