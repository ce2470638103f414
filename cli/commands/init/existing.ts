import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { keyPages, serverPages } from '../../stores/pages.ts';

/** Servers and keys that are there already. */
export interface Existing {
  readonly servers: readonly McpServerRow[];
  /** Only keys that work. */
  readonly keys: readonly ApiKeyRow[];
}

/** Reads them. @throws Unavailable */
export async function readExisting({ db }: Stores): Promise<Existing> {
  const servers: McpServerRow[] = [];
  for await (const page of serverPages(db)) servers.push(...page);
  const keys: ApiKeyRow[] = [];
  for await (const page of keyPages(db, {})) keys.push(...page);
  return { servers, keys };
}
