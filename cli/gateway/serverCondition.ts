import { foundHealth } from '../../src/api/foundHealth.ts';
import { readingDocument, serverHealthSchema, type ServerHealthDocument } from '../../src/api/serverHealth.ts';
import { listReadings } from '../../src/catalogue/rememberedTable.ts';
import { AppError } from '../../src/errors/appError.ts';
import type { McpServerRow } from '../../src/projections/tables/mcpServers.ts';
import type { Stores } from '../../src/stores/stores.ts';
import { callGateway, type GatewayAccess } from './callGateway.ts';

/** How long the gateway may take to say what it knows of a server, in milliseconds: all else is shown without it, too. */
const PATIENCE_MS = 2_000;

/** Reads the condition of a server, from the gateway and the stores. @throws Unavailable when PostgreSQL can't be reached */
export async function readServerCondition(
  {
    stores,
    settings,
  }: {
    readonly stores: Pick<Stores, 'db' | 'approvals' | 'tokenSecrets'>;
    readonly settings: GatewayAccess['settings'];
  },
  { name, revision, onToolChange }: Pick<McpServerRow, 'name' | 'revision' | 'onToolChange'>,
) {
  const [health, readings, waiting] = await Promise.all([
    healthOf({ stores, settings }, name),
    listReadings(stores.db, name, revision),
    (onToolChange ?? 'allow') === 'allow'
      ? undefined
      : stores.approvals.unapproved(name).then((found) => found.waiting),
  ]);
  return { health, seen: foundHealth(undefined, readings), catalogue: readings.map(readingDocument), waiting };
}

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
