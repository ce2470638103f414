import type { Clock } from '../clock.ts';
import { apiKey, type Access, type ApiKeyCommand, type ApiKeyState, type Labels } from '../commands/apiKey.ts';
import type { CommandHandler, CommandSource, HandleOptions } from '../commands/handle.ts';
import { AppError, Unavailable } from '../errors/appError.ts';
import { apiKeyEvents } from '../events/apiKey.ts';
import { apiKeyStream } from '../events/streamName.ts';
import type { CommandContext } from '../events/metadata.ts';
import { uuidV7 } from '../ids.ts';
import type { Queryable } from '../postgres/database.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { CommandResult, Enforcement, StoredChange } from './enforcement.ts';
import type { AdministrationVault, KeyIssuer } from './keyIssuer.ts';
import { refusedAsMade } from './refusedAsMade.ts';
import type { RetireOptions, Retirement } from './retirement.ts';
import { createRotation } from './rotation.ts';

export interface CreateKey extends Access, Partial<Labels> {
  readonly name: string;
  readonly description?: string | undefined;
}

/** A key with its secret, which nobody sees again. In a dry run the secret is empty. */
export interface IssuedKey extends CommandResult {
  readonly id: string;
  readonly name: string;
  readonly apiKey: string;
}

export interface RotatedKey extends IssuedKey {
  readonly rotatedFrom: string;
  /** Until when the old key still works, RFC 3339 UTC. */
  readonly validUntil: string;
}

/** Everything that can be done to API keys. Each method reports once the change is readable and enforced. */
export interface ApiKeyAdministration {
  create(input: CreateKey, context: CommandContext): Promise<IssuedKey>;
  /**
   * A key whose history can't be read is retired instead.
   * @throws NotFound `key-not-found`; Refused `key-deleted`; Conflict; Unavailable — as all below
   */
  inactivate(
    id: string,
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult>;
  /** Inactivates a key whose secret was found in the open; of an inactive one it is noted, once. */
  reportLeak(id: string, reason: string, context: CommandContext): Promise<CommandResult>;
  /** Reinstates a key that was retired, too. @throws Refused `stream-hidden` and the like while its history can't be read */
  activate(
    id: string,
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult>;
  /** Gives a key what `revise` makes of its present access. */
  changeAccess(
    id: string,
    revise: (current: Access) => Access,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<CommandResult>;
  /** Gives a key what `revise` makes of its present labels. */
  label(
    id: string,
    revise: (current: Labels) => Labels,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<CommandResult>;
  /**
   * Creates a successor with the same name, labels, access and credentials for servers, then ends the old key now or after `graceMs`. Running it again
   * after a crash in between finishes it and shows the same successor, with what the old key has by then.
   * @throws Refused `key-already-rotated`, `key-inactive`, `credential-unreadable`
   */
  rotate(
    id: string,
    graceMs: number,
    context: CommandContext,
    options?: Pick<ChangeOptions, 'reason' | 'ifMatch'>,
  ): Promise<RotatedKey>;
  /** A key whose history can't be read is retired for good instead. */
  remove(
    id: string,
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult>;
}

export interface ApiKeyAdministrationOptions {
  readonly db: Queryable;
  readonly retirement: Retirement;
  readonly commands: CommandHandler;
  readonly vault: Pick<AdministrationVault, 'discard' | 'open' | 'seal'>;
  readonly issuer: KeyIssuer;
  readonly enforcement: Pick<Enforcement, 'enforce'>;
  readonly clock: Clock;
}

/** Makes the administration of API keys: it issues secrets, handles commands, and has changes enforced. */
export function createApiKeyAdministration(options: ApiKeyAdministrationOptions): ApiKeyAdministration {
  const { commands, retirement, vault, issuer, enforcement, clock } = options;

  const handle = (
    id: string,
    command: CommandSource<ApiKeyState, ApiKeyCommand>,
    context: CommandContext,
    options?: HandleOptions,
  ) => commands.handle(apiKey, apiKeyEvents, id, command, context, options);

  /** Does something with a key. What refuses it because of a change before is enforced first. */
  async function confirming<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      return refusedAsMade(error, async () => {
        const { state, ...stored } = await commands.load(apiKey, apiKeyEvents, id);
        const effect = hasEnded(state, clock()) ? 'ends' : undefined;
        return enforcement.enforce({ ...stored, stream: apiKeyStream(id), changed: false, effect });
      });
    }
  }

  /** Revokes a key; one whose history can't be read is retired. */
  async function revoke(
    id: string,
    command: Extract<ApiKeyCommand, { readonly type: 'Inactivate' | 'Delete' }>,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult> {
    const stream = apiKeyStream(id);
    const retire: RetireOptions = { final: command.type === 'Delete', reason: command.reason };
    try {
      const handled = await confirming(id, () => handle(id, command, context, options));
      return await enforcement.enforce({ ...handled, stream, effect: 'ends' });
    } catch (error) {
      return retirement.instead(error, stream, retire, context);
    }
  }

  /** Creates the key `id` with a new secret. */
  async function issue(
    id: string,
    input: CreateKey & { rotatedFrom?: string },
    isKept: boolean,
    context: CommandContext,
  ) {
    const { apiKey: text, sealed } = await issuer.issue(id, isKept);
    const command: ApiKeyCommand = { type: 'Create', at: clock(), ...input, sealed };
    try {
      return { apiKey: text, handled: await handle(id, command, context) };
    } catch (error) {
      // A refused command leaves no key behind; after an outage nobody knows, so the vault keeps it.
      if (error instanceof AppError && error.kind !== 'unavailable') await vault.discard(sealed.dek);
      throw error;
    }
  }

  const rotate = createRotation({
    ...options,
    issue: async (id, input, context) => (await issue(id, input, true, context)).apiKey,
  });

  /** Enforces, but never at the price of the secret: an outage now is reported beside the key and not instead of it. */
  async function enforceIssued(change: StoredChange): Promise<CommandResult> {
    try {
      return await enforcement.enforce(change);
    } catch (error) {
      const { revision, changed } = change;
      if (!(error instanceof Unavailable) || revision === undefined) throw error;
      return { revision, changed, unconfirmed: [], pending: error.message, retired: false };
    }
  }

  return {
    async create(input, context) {
      const id = uuidV7(clock());
      const { apiKey: text, handled } = await issue(id, input, false, context);
      return { id, name: input.name, apiKey: text, ...(await enforceIssued({ ...handled, stream: apiKeyStream(id) })) };
    },
    inactivate: (id, reason, context, options) => revoke(id, { type: 'Inactivate', reason }, context, options),
    reportLeak: (id, reason, context) => revoke(id, { type: 'Inactivate', reason, leaked: true }, context),
    async activate(id, reason, context, options) {
      const stream = apiKeyStream(id);
      const isRetired = await retirement.isReversible(stream);
      const activated = await handle(id, { type: 'Activate', reason }, context, options);
      const reinstated =
        isRetired && activated.revision !== undefined
          ? await retirement.reinstate(stream, activated.revision, reason, context)
          : undefined;
      const changed = activated.changed || reinstated !== undefined;
      return enforcement.enforce({ ...activated, stream, changed, position: reinstated ?? activated.position });
    },
    async changeAccess(id, revise, context, options) {
      const stream = apiKeyStream(id);
      await retirement.refuseRetired(stream);
      const handled = await handle(
        id,
        ({ state }) => Promise.resolve(accessCommand(state, revise, clock(), options?.reason)),
        context,
        options,
      );
      return enforcement.enforce({ ...handled, stream, effect: 'narrows' });
    },
    async label(id, revise, context, options) {
      const command = ({ state }: { readonly state: ApiKeyState }): Promise<ApiKeyCommand> =>
        Promise.resolve({ type: 'Label', ...revise(labelsOf(state)), reason: options?.reason });
      const handled = await handle(id, command, context, options);
      return enforcement.enforce({ ...handled, stream: apiKeyStream(id) });
    },
    async rotate(id, graceMs, context, options) {
      const stream = apiKeyStream(id);
      await retirement.refuseRetired(stream);
      const { successorId, handled, ...shown } = await confirming(id, () => rotate(id, graceMs, context, options));
      const result = await enforceIssued({ ...handled, stream, effect: graceMs === 0 ? 'ends' : undefined });
      return { id: successorId, rotatedFrom: id, ...shown, ...result };
    },
    remove: (id, reason, context, options) => revoke(id, { type: 'Delete', reason }, context, options),
  };
}

/** Makes the command from the present access. A key that has none has none to change: the decider refuses that. */
function accessCommand(
  state: ApiKeyState,
  revise: (current: Access) => Access,
  at: number,
  reason: string | undefined,
): ApiKeyCommand {
  const current = state.status === 'none' || state.status === 'deleted' ? NO_ACCESS : state.access;
  return { type: 'ChangeAccess', at, ...revise(current), reason };
}

/** A key that has no labels has none to change: the decider refuses that. */
function labelsOf(state: ApiKeyState): Labels {
  return state.status === 'none' || state.status === 'deleted' ? { tags: [] } : state.labels;
}

/** Tells whether a key was deleted, or has given way to its successor. */
function hasEnded(state: ApiKeyState, now: number): boolean {
  if (state.status === 'none') return false;
  return state.status === 'deleted' || (state.rotation !== undefined && Date.parse(state.rotation.validUntil) <= now);
}

const NO_ACCESS: Access = { scopes: [], grants: [] };
