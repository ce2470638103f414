import { serverSecretsSchema, type ServerSecrets } from '../vault/serverSecrets.ts';
import type { CommandHandler, CommandSource, HandleOptions } from '../commands/handle.ts';
import { existingServer, mcpServer, type McpServerCommand, type McpServerState } from '../commands/mcpServer.ts';
import { AppError } from '../errors/appError.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import { mcpServerEvents, mcpServerStream, type ServerSettings } from '../events/mcpServer.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { Sealed } from '../events/sealed.ts';
import { checkKeptSecrets } from './keptSecrets.ts';
import { checkServerInput, type PlainSettings, type ServerInput, type ServerRevision } from './serverInput.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { CommandResult, Enforcement, StoredChange } from './enforcement.ts';
import type { AdministrationVault } from './keyIssuer.ts';
import { refusedAsMade } from './refusedAsMade.ts';
import { serverId } from './serverId.ts';
import type { Retirement } from './retirement.ts';

export interface ServerCommandResult extends CommandResult {
  readonly id: string;
  readonly name: string;
  readonly settings: PlainSettings;
}

/** Everything that can be done to configured MCP servers. Each method reports once the change is readable and enforced. */
export interface McpServerAdministration {
  /** @throws Refused `server-exists`; Invalid; Unavailable */
  register(name: string, input: ServerInput, context: CommandContext): Promise<ServerCommandResult>;
  /**
   * Changes what `revise` changes of the present settings and secrets. A server that moves keeps no secrets (keptSecrets.ts).
   * @throws NotFound `server-not-found`; Invalid; Conflict `revision-mismatch`; Unavailable — as all below
   */
  update(
    name: string,
    revise: (current: ServerInput) => ServerRevision,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<ServerCommandResult>;
  /** Reinstates a server that was retired, too. @throws Refused `stream-hidden` and the like while its history can't be read */
  enable(
    name: string,
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult>;
  /** A server whose history can't be read is retired instead: by `remove` for good. */
  disable(
    name: string,
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult>;
  remove(
    name: string,
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult>;
}

export interface McpServerAdministrationOptions {
  readonly retirement: Retirement;
  readonly commands: CommandHandler;
  readonly vault: AdministrationVault;
  readonly enforcement: Pick<Enforcement, 'enforce'>;
}

/** Seals secrets under the key named, or under a new one; undefined: there are none. */
type Seal = (secrets: ServerSecrets, dek: string | undefined) => Promise<Sealed | undefined>;

/** Makes the administration of MCP servers: it seals secrets, handles commands, and has changes enforced. */
export function createMcpServerAdministration(options: McpServerAdministrationOptions): McpServerAdministration {
  const { commands, retirement, vault, enforcement } = options;

  const handle = (
    name: string,
    command: CommandSource<McpServerState, McpServerCommand>,
    context: CommandContext,
    options?: HandleOptions,
  ) => commands.handle(mcpServer, mcpServerEvents, name, command, context, options);

  /** Ends the use of a server; one whose history can't be read is retired. */
  async function end(
    name: string,
    type: 'Disable' | 'Delete',
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult> {
    const stream = mcpServerStream(name);
    try {
      const handled = await handle(name, { type, reason }, context, options);
      return await enforcement.enforce({ ...handled, stream, effect: 'ends' });
    } catch (error) {
      return retirement.instead(error, stream, { final: type === 'Delete', reason }, context);
    }
  }

  async function openSecrets(name: string, sealed: Sealed | undefined): Promise<ServerSecrets> {
    if (sealed === undefined) return { headers: {}, env: {} };
    return serverSecretsSchema.parse(await vault.open(sealed, mcpServerStream(name)));
  }

  /**
   * Changes a server with a way of sealing: under the key named, or under a new one, which is thrown away again when no event
   * came to name it.
   */
  async function sealing(
    name: string,
    use: (seal: Seal) => Promise<{ readonly settings: ServerSettings; readonly change: StoredChange }>,
  ): Promise<ServerCommandResult> {
    const stream = mcpServerStream(name);
    let made: string | undefined;
    try {
      const { settings, change } = await use(async (secrets, dek) => {
        if (Object.keys(secrets.headers).length + Object.keys(secrets.env).length === 0) return undefined;
        if (dek !== undefined) return vault.seal(dek, stream, secrets);
        made ??= await vault.createDek(stream);
        return vault.seal(made, stream, secrets);
      });
      if (made !== undefined && made !== settings.sealed?.dek) await vault.discard(made);
      made = undefined;
      const { sealed: _sealed, ...plain } = settings;
      return { id: serverId(name), name, settings: plain, ...(await enforcement.enforce(change)) };
    } catch (error) {
      // After an outage nobody knows whether the event was stored, so the vault keeps the key.
      if (made !== undefined && error instanceof AppError && error.kind !== 'unavailable') await vault.discard(made);
      throw error;
    }
  }

  /** Makes the settings that `revise` makes of the present settings and secrets. */
  async function revised(
    name: string,
    state: McpServerState,
    revise: (current: ServerInput) => ServerRevision,
    seal: Seal,
  ): Promise<ServerSettings> {
    const { sealed: current, ...plain } = existingServer(state).settings;
    const secrets = await openSecrets(name, current);
    const next = revise({ settings: plain, secrets });
    checkServerInput(name, next);
    checkKeptSecrets({ settings: plain, secrets }, next);
    // Sealing draws a new nonce, so unchanged secrets keep their box: an update that changes nothing writes nothing.
    const same = canonicalJson(next.secrets) === canonicalJson(secrets);
    const sealed = same ? current : await seal(next.secrets, current?.dek);
    return sealed === undefined ? next.settings : { ...next.settings, sealed };
  }

  return {
    async register(name, input, context) {
      checkServerInput(name, input);
      const stream = mcpServerStream(name);
      await retirement.refuseRetired(stream);
      return sealing(name, async (seal) => {
        const sealed = await seal(input.secrets, undefined);
        const settings: ServerSettings = sealed === undefined ? input.settings : { ...input.settings, sealed };
        const handled = await handle(name, { type: 'Register', settings }, context);
        return { settings, change: { ...handled, stream } };
      }).catch((error: unknown) =>
        refusedAsMade(error, async () => {
          const stored = await commands.load(mcpServer, mcpServerEvents, name);
          return enforcement.enforce({ ...stored, stream, changed: false });
        }),
      );
    },
    async update(name, revise, context, options = {}) {
      const stream = mcpServerStream(name);
      await retirement.refuseRetired(stream);
      return sealing(name, async (seal) => {
        const { reason, ifMatch } = options;
        const command = async ({ state }: { readonly state: McpServerState }): Promise<McpServerCommand> => {
          const settings = await revised(name, state, revise, seal);
          return { type: 'Update', settings, reason };
        };
        const { state, ...handled } = await handle(name, command, context, { ifMatch });
        return { settings: existingServer(state).settings, change: { ...handled, stream } };
      });
    },
    async enable(name, reason, context, options) {
      const stream = mcpServerStream(name);
      const isRetired = await retirement.isReversible(stream);
      const enabled = await handle(name, { type: 'Enable', reason }, context, options);
      const reinstated =
        isRetired && enabled.revision !== undefined
          ? await retirement.reinstate(stream, enabled.revision, reason, context)
          : undefined;
      const changed = enabled.changed || reinstated !== undefined;
      return enforcement.enforce({ ...enabled, stream, changed, position: reinstated ?? enabled.position });
    },
    disable: (name, reason, context, options) => end(name, 'Disable', reason, context, options),
    remove: (name, reason, context, options) => end(name, 'Delete', reason, context, options),
  };
}
