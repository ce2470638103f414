import { serverSecretsSchema, type ServerSecrets } from '../auth/serverSecrets.ts';
import type { Vault } from '../auth/vault.ts';
import { apiKey, type ApiKeyCommand } from '../commands/apiKey.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { mcpServer, type McpServerCommand, type McpServerState } from '../commands/mcpServer.ts';
import { NotFound } from '../errors.ts';
import { apiKeyEvents } from '../events/apiKey.ts';
import { encodeData, type Catalogue } from '../events/catalogue.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import { mcpServerEvents, mcpServerStream, type ServerSettings } from '../events/mcpServer.ts';
import type { Sealed } from '../events/sealed.ts';
import { refuseRotation } from './apiKeys.ts';
import { checkServerInput, type ServerInput } from './serverInput.ts';

/** The types of the events that a command would append now; none when things are already so. */
export type Foreseen = readonly string[];

/**
 * Says what a command would do, and does nothing: no event, no key in the vault. Each method throws what the command
 * itself would throw, as far as that can be known before.
 */
export interface Foresight {
  key(id: string, command: ApiKeyCommand): Promise<Foreseen>;
  rotation(id: string): Promise<Foreseen>;
  server(name: string, command: McpServerCommand): Promise<Foreseen>;
  registration(name: string, input: ServerInput): Promise<Foreseen>;
  update(name: string, revise: (current: ServerInput) => ServerInput): Promise<Foreseen>;
}

export interface ForesightOptions {
  readonly commands: Pick<CommandHandler, 'load'>;
  readonly vault: Pick<Vault, 'open'>;
}

/** Makes the look ahead: the same state and the same deciders, without the append. */
export function createForesight({ commands, vault }: ForesightOptions): Foresight {
  const loadServer = async (name: string): Promise<McpServerState> =>
    (await commands.load(mcpServer, mcpServerEvents, name)).state;

  async function openSecrets(name: string, sealed: Sealed | undefined): Promise<ServerSecrets> {
    if (sealed === undefined) return { headers: {}, env: {} };
    return serverSecretsSchema.parse(await vault.open(sealed, mcpServerStream(name)));
  }

  return {
    async key(id, command) {
      const { state } = await commands.load(apiKey, apiKeyEvents, id);
      return foreseen(apiKeyEvents, apiKey.decide(command, state));
    },
    async rotation(id) {
      const { state } = await commands.load(apiKey, apiKeyEvents, id);
      refuseRotation(state);
      return ['ApiKeyCreated', 'ApiKeyRotated'];
    },
    async server(name, command) {
      return foreseen(mcpServerEvents, mcpServer.decide(command, await loadServer(name)));
    },
    async registration(name, input) {
      checkServerInput(name, input);
      const command = { type: 'Register', settings: settingsOf(input) } as const;
      return foreseen(mcpServerEvents, mcpServer.decide(command, await loadServer(name)));
    },
    async update(name, revise) {
      const state = await loadServer(name);
      if (state.status === 'none' || state.status === 'deleted') {
        throw new NotFound('server-not-found', 'There is no such server.');
      }
      const { sealed, ...settings } = state.settings;
      const secrets = await openSecrets(name, sealed);
      const next = revise({ settings, secrets });
      checkServerInput(name, next);
      const kept = canonicalJson(next.secrets) === canonicalJson(secrets);
      const after = kept ? { ...next.settings, ...(sealed === undefined ? {} : { sealed }) } : settingsOf(next);
      return foreseen(mcpServerEvents, mcpServer.decide({ type: 'Update', settings: after }, state));
    },
  };
}

/** Their types, when they could be recorded. @throws Invalid `event-invalid` */
function foreseen(
  catalogue: Catalogue,
  events: readonly { readonly type: string; readonly data: unknown }[],
): Foreseen {
  return events.map(({ type, data }) => {
    encodeData(catalogue, type, data);
    return type;
  });
}

/** Stands for a box that is not made: no other is equal to it. */
const UNSEALED: Sealed = { dek: '00000000-0000-0000-0000-000000000000', box: '' };

function settingsOf({ settings, secrets }: ServerInput): ServerSettings {
  const isSecret = Object.keys(secrets.headers).length + Object.keys(secrets.env).length > 0;
  return isSecret ? { ...settings, sealed: UNSEALED } : settings;
}
