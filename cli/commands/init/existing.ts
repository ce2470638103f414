import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { keyPages, serverPages } from '../../stores/pages.ts';

/** What is there already. */
export interface Existing {
  readonly servers: readonly McpServerRow[];
  /** Those that work. */
  readonly keys: readonly ApiKeyRow[];
}

/** Looks what is there. @throws Unavailable */
export async function lookAround({ db }: Stores): Promise<Existing> {
  const servers: McpServerRow[] = [];
  for await (const page of serverPages(db)) servers.push(...page);
  const keys: ApiKeyRow[] = [];
  for await (const page of keyPages(db, false)) keys.push(...page);
  return { servers, keys };
}
