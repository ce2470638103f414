import { serverSecretsSchema, type ServerSecrets } from '../vault/serverSecrets.ts';
import type { Vault } from '../vault/vault.ts';
import type { CommandHandler, CommandSource, HandleOptions } from '../commands/handle.ts';
import { mcpServer, type McpServerCommand, type McpServerState } from '../commands/mcpServer.ts';
import { AppError, NotFound } from '../errors/appError.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import { mcpServerEvents, mcpServerStream, type ServerSettings } from '../events/mcpServer.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { Sealed } from '../events/sealed.ts';
import { uuidV5 } from '../ids.ts';
import { checkKeptSecrets } from './keptSecrets.ts';
import { checkServerInput, type PlainSettings, type ServerInput, type ServerRevision } from './serverInput.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { Retirement } from './retirement.ts';
import type { Settle, Settled, Settling } from './settle.ts';

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
   * Changes what `revise` changes of the present settings and secrets. A server that moves keeps no secrets (keptSecrets.ts).
   * @throws NotFound `server-not-found`; Invalid; Conflict `revision-mismatch`; Unavailable — as all below
   */
  update(
    name: string,
    revise: (current: ServerInput) => ServerRevision,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<SettledServer>;
  /** Reinstates a server that was retired, too. @throws Refused `stream-hidden` and the like while its history can't be read */
  enable(name: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
  /** A server whose history can't be read is retired instead: by `remove` for good. */
  disable(name: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
  remove(name: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
}

export interface McpServerAdministrationOptions {
  readonly retirement: Retirement;
  readonly commands: CommandHandler;
  readonly vault: Vault;
  readonly settle: Settle;
}

/** Seals secrets under the key named, or under a new one; undefined: there are none. */
type Seal = (secrets: ServerSecrets, dek: string | undefined) => Promise<Sealed | undefined>;

/** The public id of a server: the UUID v5 of its name. */
export function serverId(name: string): string {
  return uuidV5(name);
}

/** Makes the administration of MCP servers: seals, handles, settles. */
export function createMcpServerAdministration(options: McpServerAdministrationOptions): McpServerAdministration {
  const { commands, retirement, vault, settle } = options;

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
  ): Promise<Settled> {
    const stream = mcpServerStream(name);
    try {
      return await settle({ ...(await handle(name, { type, reason }, context, options)), stream, effect: 'ends' });
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
    use: (seal: Seal) => Promise<{ readonly settings: ServerSettings; readonly settling: Settling }>,
  ): Promise<SettledServer> {
    const stream = mcpServerStream(name);
    let made: string | undefined;
    try {
      const { settings, settling } = await use(async (secrets, dek) => {
        if (Object.keys(secrets.headers).length + Object.keys(secrets.env).length === 0) return undefined;
        if (dek !== undefined) return vault.seal(dek, stream, secrets);
        made ??= await vault.createDek(stream);
        return vault.seal(made, stream, secrets);
      });
      if (made !== undefined && made !== settings.sealed?.dek) await vault.discard(made);
      made = undefined;
      const { sealed: _sealed, ...plain } = settings;
      return { id: serverId(name), name, settings: plain, ...(await settle(settling)) };
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
    if (state.status === 'none' || state.status === 'deleted') {
      throw new NotFound('server-not-found', 'There is no such server.');
    }
    const { sealed: current, ...plain } = state.settings;
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
        return { settings, settling: { ...handled, stream } };
      });
    },
    async update(name, revise, context, given = {}) {
      const stream = mcpServerStream(name);
      await retirement.refuseRetired(stream);
      return sealing(name, async (seal) => {
        const { reason, ifMatch } = given;
        const command = async ({ state }: { readonly state: McpServerState }): Promise<McpServerCommand> => {
          const settings = await revised(name, state, revise, seal);
          return { type: 'Update', settings, reason };
        };
        const { state, ...handled } = await handle(name, command, context, { ifMatch });
        if (state.status === 'none' || state.status === 'deleted') throw new TypeError('an updated server is there');
        return { settings: state.settings, settling: { ...handled, stream } };
      });
    },
    async enable(name, reason, context, given) {
      const stream = mcpServerStream(name);
      const retired = await retirement.isReversible(stream);
      const enabled = await handle(name, { type: 'Enable', reason }, context, given);
      const reinstated =
        retired && enabled.revision !== undefined
          ? await retirement.reinstate(stream, enabled.revision, reason, context)
          : undefined;
      const changed = enabled.changed || reinstated !== undefined;
      return settle({ ...enabled, stream, changed, position: reinstated ?? enabled.position });
    },
    disable: (name, reason, context, given) => end(name, 'Disable', reason, context, given),
    remove: (name, reason, context, given) => end(name, 'Delete', reason, context, given),
  };
}
