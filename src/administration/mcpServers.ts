import { serverSecretsSchema, type ServerSecrets } from '../auth/serverSecrets.ts';
import type { Vault } from '../auth/vault.ts';
import type { CommandHandler, HandleOptions } from '../commands/handle.ts';
import { mcpServer, type McpServerCommand } from '../commands/mcpServer.ts';
import { AppError, Conflict, NotFound } from '../errors.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import { mcpServerEvents, mcpServerStream, type ServerSettings } from '../events/mcpServer.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { Sealed } from '../events/sealed.ts';
import { uuidV5 } from '../ids.ts';
import { checkServerInput, type PlainSettings, type ServerInput } from './serverInput.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { Settle, Settled } from './settle.ts';

/** How often an update that lost a race is made anew from what is there now. */
const UPDATE_TRIES = 3;

export interface SettledServer extends Settled {
  readonly id: string;
  readonly name: string;
  readonly settings: PlainSettings;
}

/** Everything that can be done to configured MCP servers. Each method reports once the change is readable and enforced. */
export interface McpServerAdministration {
  /** @throws Refused `server-exists`; Invalid; Unavailable */
  register(name: string, input: ServerInput, context: CommandContext): Promise<SettledServer>;
  /**
   * Changes what `revise` changes of the present settings and secrets.
   * @throws NotFound `server-not-found`; Invalid; Conflict `revision-mismatch`; Unavailable — as all below
   */
  update(
    name: string,
    revise: (current: ServerInput) => ServerInput,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<SettledServer>;
  enable(name: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
  disable(name: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
  remove(name: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
}

export interface McpServerAdministrationOptions {
  readonly commands: CommandHandler;
  readonly vault: Vault;
  readonly settle: Settle;
}

/** The public id of a server: the UUID v5 of its name. */
export function serverId(name: string): string {
  return uuidV5(name);
}

/** Makes the administration of MCP servers: seals, handles, settles. */
export function createMcpServerAdministration(options: McpServerAdministrationOptions): McpServerAdministration {
  const { commands, vault, settle } = options;

  async function change(name: string, command: McpServerCommand, context: CommandContext, given?: HandleOptions) {
    return settle(await commands.handle(mcpServer, mcpServerEvents, name, command, context, given));
  }

  async function openSecrets(name: string, sealed: Sealed | undefined): Promise<ServerSecrets> {
    if (sealed === undefined) return { headers: {}, env: {} };
    return serverSecretsSchema.parse(await vault.open(sealed, mcpServerStream(name)));
  }

  /** Seals under the given key, or under a new one that is thrown away again when `use` is refused. */
  async function sealing<T>(
    name: string,
    secrets: ServerSecrets,
    dek: string | undefined,
    use: (sealed: Sealed | undefined) => Promise<T>,
  ): Promise<T> {
    if (Object.keys(secrets.headers).length + Object.keys(secrets.env).length === 0) return use(undefined);
    const stream = mcpServerStream(name);
    const sealedUnder = dek ?? (await vault.createDek(stream));
    try {
      return await use(await vault.seal(sealedUnder, stream, secrets));
    } catch (error) {
      // After an outage nobody knows whether the event was stored, so the vault keeps the key.
      if (dek === undefined && error instanceof AppError && error.kind !== 'unavailable')
        await vault.discard(sealedUnder);
      throw error;
    }
  }

  function settled(name: string, settings: ServerSettings, change: Settled): SettledServer {
    const { sealed: _sealed, ...plain } = settings;
    return { id: serverId(name), name, settings: plain, ...change };
  }

  async function tryUpdate(
    name: string,
    revise: (current: ServerInput) => ServerInput,
    context: CommandContext,
    { ifMatch, reason }: ChangeOptions,
  ): Promise<SettledServer> {
    const { state, revision } = await commands.load(mcpServer, mcpServerEvents, name);
    if (state.status === 'none' || state.status === 'deleted') {
      throw new NotFound('server-not-found', 'There is no such server.');
    }
    const { sealed: current, ...plain } = state.settings;
    const secrets = await openSecrets(name, current);
    const next = revise({ settings: plain, secrets });
    checkServerInput(name, next);
    const update = async (sealed: Sealed | undefined) => {
      const settings: ServerSettings = sealed === undefined ? next.settings : { ...next.settings, sealed };
      const given = { ifMatch: ifMatch ?? revision };
      return settled(name, settings, await change(name, { type: 'Update', settings, reason }, context, given));
    };
    // Sealing draws a new nonce, so unchanged secrets keep their box: an update that changes nothing writes nothing.
    return canonicalJson(next.secrets) === canonicalJson(secrets)
      ? update(current)
      : sealing(name, next.secrets, current?.dek, update);
  }

  return {
    async register(name, input, context) {
      checkServerInput(name, input);
      return sealing(name, input.secrets, undefined, async (sealed) => {
        const settings: ServerSettings = sealed === undefined ? input.settings : { ...input.settings, sealed };
        return settled(name, settings, await change(name, { type: 'Register', settings }, context));
      });
    },
    async update(name, revise, context, given = {}) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await tryUpdate(name, revise, context, given);
        } catch (error) {
          const lostRace = error instanceof Conflict && given.ifMatch === undefined;
          if (!lostRace || attempt === UPDATE_TRIES) throw error;
        }
      }
    },
    enable: (name, reason, context, given) => change(name, { type: 'Enable', reason }, context, given),
    disable: (name, reason, context, given) => change(name, { type: 'Disable', reason }, context, given),
    remove: (name, reason, context, given) => change(name, { type: 'Delete', reason }, context, given),
  };
}
