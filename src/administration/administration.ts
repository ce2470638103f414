import type { Clock } from '../clock.ts';
import type { CommandHandler } from '../commands/handle.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Queryable } from '../postgres/database.ts';
import { createApiKeyAdministration, type ApiKeyAdministration } from './apiKeys.ts';
import { createCredentialAdministration, type CredentialAdministration } from './credentials.ts';
import type { Enforcement } from './enforcement.ts';
import type { AdministrationVault, KeyIssuer } from './keyIssuer.ts';
import { createKeyRoleAdministration, type KeyRoleAdministration } from './keyRoles.ts';
import { createMcpServerAdministration, type McpServerAdministration } from './mcpServers.ts';
import { createToolApproval, type ToolApproval } from './toolApproval.ts';
import { createRetirement } from './retirement.ts';

/** Everything that administrators do to keys, roles and servers. */
export interface Administration {
  readonly keys: ApiKeyAdministration;
  readonly roles: KeyRoleAdministration;
  readonly servers: McpServerAdministration;
  readonly approvals: ToolApproval;
  readonly credentials: CredentialAdministration;
}

export interface AdministrationOptions {
  readonly db: Queryable;
  readonly events: Pick<EventStore, 'readStream'>;
  readonly commands: CommandHandler;
  readonly vault: AdministrationVault;
  readonly issuer: KeyIssuer;
  readonly enforcement: Enforcement;
  readonly clock: Clock;
}

/** Makes the administration; of a dry run it is the same, on other parts (dryRun.ts). */
export function createAdministration(options: AdministrationOptions): Administration {
  const retirement = createRetirement(options);
  return {
    keys: createApiKeyAdministration({ ...options, retirement }),
    roles: createKeyRoleAdministration({ ...options, retirement }),
    servers: createMcpServerAdministration({ ...options, retirement }),
    approvals: createToolApproval(options),
    credentials: createCredentialAdministration({ ...options, retirement }),
  };
}
