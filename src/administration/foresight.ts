import { serverSecretsSchema, type ServerSecrets } from '../vault/serverSecrets.ts';
import type { Vault } from '../vault/vault.ts';
import { apiKey, type Access, type ApiKeyCommand } from '../commands/apiKey.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { mcpServer, type McpServerCommand, type McpServerState } from '../commands/mcpServer.ts';
import { NotFound } from '../errors/appError.ts';
import { apiKeyEvents, apiKeyStream } from '../events/apiKey.ts';
import { encodeData, type Catalogue } from '../events/catalogue.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import { mcpServerEvents, mcpServerStream, type ServerSettings } from '../events/mcpServer.ts';
import type { Sealed } from '../events/sealed.ts';
import { accessCommand, refuseRotation } from './apiKeys.ts';
import type { Retirement } from './retirement.ts';
import { checkKeptSecrets } from './keptSecrets.ts';
import { checkServerInput, type ServerInput, type ServerRevision } from './serverInput.ts';

/** The types of the events that a command would append now; none when things are already so. */
export type Foreseen = readonly string[];

/** Turns a key on or off. */
type KeyTurn = Extract<ApiKeyCommand, { readonly type: 'Activate' | 'Inactivate' | 'Delete' }>;

/** Turns a server on or off. */
type ServerTurn = Extract<McpServerCommand, { readonly type: 'Enable' | 'Disable' | 'Delete' }>;

/**
 * Says what a command would do, and does nothing: no event, no key in the vault. Each method throws what the command
 * itself would throw, as far as that can be known before.
 */
export interface Foresight {
  key(id: string, command: KeyTurn): Promise<Foreseen>;
  access(id: string, revise: (current: Access) => Access, at: number): Promise<Foreseen>;
  rotation(id: string): Promise<Foreseen>;
  server(name: string, command: ServerTurn): Promise<Foreseen>;
  registration(name: string, input: ServerInput): Promise<Foreseen>;
  update(name: string, revise: (current: ServerInput) => ServerRevision): Promise<Foreseen>;
}

export interface ForesightOptions {
  readonly commands: Pick<CommandHandler, 'load'>;
  readonly retirement: Pick<Retirement, 'foreseeInstead' | 'isReversible' | 'refuseRetired'>;
  readonly vault: Pick<Vault, 'open'>;
}

/** Makes the look ahead: the same state and the same deciders, without the append. */
export function createForesight({ commands, retirement, vault }: ForesightOptions): Foresight {
  const loadServer = async (name: string): Promise<McpServerState> =>
    (await commands.load(mcpServer, mcpServerEvents, name)).state;

  async function openSecrets(name: string, sealed: Sealed | undefined): Promise<ServerSecrets> {
    if (sealed === undefined) return { headers: {}, env: {} };
    return serverSecretsSchema.parse(await vault.open(sealed, mcpServerStream(name)));
  }

  /** Turning off goes round a history that can't be read; turning on wants it whole, and undoes that. */
  async function turn(
    stream: string,
    command: KeyTurn | ServerTurn,
    decide: () => Promise<readonly { readonly type: string }[]>,
  ): Promise<Foreseen> {
    if (command.type === 'Activate' || command.type === 'Enable') {
      const retired = await retirement.isReversible(stream);
      const events = await decide();
      return [...events.map(({ type }) => type), ...(retired ? ['StreamReinstated'] : [])];
    }
    try {
      return (await decide()).map(({ type }) => type);
    } catch (error) {
      const { type, reason } = command;
      return await retirement.foreseeInstead(error, stream, { final: type === 'Delete', reason });
    }
  }

  return {
    key: (id, command) =>
      turn(apiKeyStream(id), command, async () =>
        apiKey.decide(command, (await commands.load(apiKey, apiKeyEvents, id)).state),
      ),
    async access(id, revise, at) {
      await retirement.refuseRetired(apiKeyStream(id));
      const { state } = await commands.load(apiKey, apiKeyEvents, id);
      return foreseen(apiKeyEvents, apiKey.decide(accessCommand(state, revise, at, undefined), state));
    },
    async rotation(id) {
      await retirement.refuseRetired(apiKeyStream(id));
      const { state } = await commands.load(apiKey, apiKeyEvents, id);
      refuseRotation(state);
      return ['ApiKeyCreated', 'ApiKeyRotated'];
    },
    server: (name, command) =>
      turn(mcpServerStream(name), command, async () => mcpServer.decide(command, await loadServer(name))),
    async registration(name, input) {
      checkServerInput(name, input);
      await retirement.refuseRetired(mcpServerStream(name));
      const command = { type: 'Register', settings: settingsOf(input) } as const;
      return foreseen(mcpServerEvents, mcpServer.decide(command, await loadServer(name)));
    },
    async update(name, revise) {
      await retirement.refuseRetired(mcpServerStream(name));
      const state = await loadServer(name);
      if (state.status === 'none' || state.status === 'deleted') {
        throw new NotFound('server-not-found', 'There is no such server.');
      }
      const { sealed, ...settings } = state.settings;
      const secrets = await openSecrets(name, sealed);
      const next = revise({ settings, secrets });
      checkServerInput(name, next);
      checkKeptSecrets({ settings, secrets }, next);
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
