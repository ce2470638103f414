import { randomBytes } from 'node:crypto';
import type { Argon } from '../auth/argon.ts';
import type { Fingerprints } from '../auth/fingerprint.ts';
import { formatApiKey, makeApiKey } from '../auth/keyFormat.ts';
import { keySecretsSchema } from '../vault/keySecrets.ts';
import type { Vault } from '../vault/vault.ts';
import type { Clock } from '../clock.ts';
import { apiKey, type Access, type ApiKeyCommand, type ApiKeyState } from '../commands/apiKey.ts';
import type { CommandHandler, CommandSource, HandleOptions } from '../commands/handle.ts';
import type { Loaded } from '../commands/loadStream.ts';
import { AppError, NotFound, Refused, Unavailable } from '../errors/appError.ts';
import { apiKeyEvents, apiKeyStream } from '../events/apiKey.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { Sealed } from '../events/sealed.ts';
import { timeAt } from '../events/time.ts';
import { uuidV5, uuidV7 } from '../ids.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { RetireOptions, Retirement } from './retirement.ts';
import type { Settle, Settled, Settling } from './settle.ts';

export interface CreateKey extends Access {
  readonly name: string;
  readonly description?: string | undefined;
}

/** A key with its secret: the only time that anyone sees it. */
export interface IssuedKey extends Settled {
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
  ): Promise<Settled>;
  /** Reinstates a key that was retired, too. @throws Refused `stream-hidden` and the like while its history can't be read */
  activate(id: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
  /** Gives a key what `revise` makes of its present access. */
  changeAccess(
    id: string,
    revise: (current: Access) => Access,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<Settled>;
  /**
   * Creates a successor with the same name and access, then ends the old key now or after `graceMs`. Running it again
   * after a crash in between finishes it and shows the same successor.
   */
  rotate(id: string, graceMs: number, context: CommandContext, reason?: string): Promise<RotatedKey>;
  /** A key whose history can't be read is retired for good instead. */
  remove(id: string, reason: string | undefined, context: CommandContext, options?: HandleOptions): Promise<Settled>;
}

export interface ApiKeyAdministrationOptions {
  readonly retirement: Retirement;
  readonly commands: CommandHandler;
  readonly vault: Vault;
  readonly fingerprints: Fingerprints;
  readonly argon: Argon;
  readonly settle: Settle;
  readonly clock: Clock;
}

/** Makes the administration of API keys: seals, handles, settles. */
export function createApiKeyAdministration(options: ApiKeyAdministrationOptions): ApiKeyAdministration {
  const { commands, retirement, vault, fingerprints, argon, settle, clock } = options;

  const load = (id: string): Promise<Loaded<ApiKeyState>> => commands.load(apiKey, apiKeyEvents, id);

  const handle = (
    id: string,
    command: CommandSource<ApiKeyState, ApiKeyCommand>,
    context: CommandContext,
    options?: HandleOptions,
  ) => commands.handle(apiKey, apiKeyEvents, id, command, context, options);

  /** Revokes a key; one whose history can't be read is retired. */
  async function revoke(
    id: string,
    type: 'Inactivate' | 'Delete',
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<Settled> {
    const stream = apiKeyStream(id);
    const retire: RetireOptions = { final: type === 'Delete', reason };
    try {
      return await settle({ ...(await handle(id, { type, reason }, context, options)), stream, effect: 'ends' });
    } catch (error) {
      return retirement.instead(error, stream, retire, context);
    }
  }

  /** Creates the key `id` with a fresh secret; `keepSecret` when it must be possible to show it again. */
  async function issue(
    id: string,
    input: CreateKey & { rotatedFrom?: string },
    keepSecret: boolean,
    context: CommandContext,
  ) {
    const issued = makeApiKey(id, randomBytes(32));
    const stream = apiKeyStream(id);
    const dek = await vault.createDek(stream);
    try {
      const sealed: Sealed = await vault.seal(dek, stream, {
        fingerprint: fingerprints.of(issued.secret),
        hash: await argon.hash(issued.secret),
        ...(keepSecret ? { secret: issued.secret } : {}),
      });
      const command: ApiKeyCommand = { type: 'Create', at: clock(), ...input, sealed };
      return { apiKey: issued.text, handled: await handle(id, command, context) };
    } catch (error) {
      // A refused command leaves no key behind; after an outage nobody knows, so the vault keeps it.
      if (error instanceof AppError && error.kind !== 'unavailable') await vault.discard(dek);
      throw error;
    }
  }

  /** Creates the successor, or finds the one that an interrupted or concurrent rotation has made. */
  async function issueSuccessor(
    id: string,
    input: CreateKey & { rotatedFrom: string },
    context: CommandContext,
  ): Promise<string> {
    const existing = await showAgain(id);
    if (existing !== undefined) return existing;
    try {
      return (await issue(id, input, true, context)).apiKey;
    } catch (error) {
      const winner = error instanceof Refused ? await showAgain(id) : undefined;
      if (winner === undefined) throw error;
      return winner;
    }
  }

  async function showAgain(id: string): Promise<string | undefined> {
    const { state } = await load(id);
    if (state.status === 'none' || state.status === 'deleted') return undefined;
    const { secret } = keySecretsSchema.parse(await vault.open(state.sealed, apiKeyStream(id)));
    return secret === undefined ? undefined : formatApiKey(id, secret);
  }

  /** Settles, but never at the price of the secret: an outage now is told with the key instead of in its place. */
  async function settleIssued(settling: Settling): Promise<Settled> {
    try {
      return await settle(settling);
    } catch (error) {
      const { revision, changed } = settling;
      if (!(error instanceof Unavailable) || revision === undefined) throw error;
      return { revision, changed, unconfirmed: [], pending: error.message, retired: false };
    }
  }

  return {
    async create(input, context) {
      const id = uuidV7(clock());
      const { apiKey: text, handled } = await issue(id, input, false, context);
      return { id, name: input.name, apiKey: text, ...(await settleIssued({ ...handled, stream: apiKeyStream(id) })) };
    },
    inactivate: (id, reason, context, given) => revoke(id, 'Inactivate', reason, context, given),
    async activate(id, reason, context, given) {
      const stream = apiKeyStream(id);
      const retired = await retirement.isReversible(stream);
      const activated = await handle(id, { type: 'Activate', reason }, context, given);
      const reinstated =
        retired && activated.revision !== undefined
          ? await retirement.reinstate(stream, activated.revision, reason, context)
          : undefined;
      const changed = activated.changed || reinstated !== undefined;
      return settle({ ...activated, stream, changed, position: reinstated ?? activated.position });
    },
    async changeAccess(id, revise, context, given) {
      const stream = apiKeyStream(id);
      await retirement.refuseRetired(stream);
      const handled = await handle(
        id,
        ({ state }) => Promise.resolve(accessCommand(state, revise, clock(), given?.reason)),
        context,
        given,
      );
      return settle({ ...handled, stream, effect: 'narrows' });
    },
    async rotate(id, graceMs, context, reason) {
      const stream = apiKeyStream(id);
      await retirement.refuseRetired(stream);
      const { state, revision } = await load(id);
      refuseRotation(state);
      // Before there is a successor.
      timeAt(clock() + graceMs);
      // Derived, so that a second run meets the successor of the first instead of making another.
      const successorId = uuidV5(`${id}@${String(revision)}`);
      const { name, description, access } = state;
      const text = await issueSuccessor(successorId, { name, description, ...access, rotatedFrom: id }, context);
      const validUntil = timeAt(clock() + graceMs);
      const command: ApiKeyCommand = { type: 'MarkRotated', successorId, validUntil, reason };
      const rotated = await handle(id, command, context);
      const settled = await settleIssued({ ...rotated, stream, effect: graceMs === 0 ? 'ends' : undefined });
      return { id: successorId, name, apiKey: text, rotatedFrom: id, validUntil, ...settled };
    },
    remove: (id, reason, context, given) => revoke(id, 'Delete', reason, context, given),
  };
}

/** A key that has no access has none to change: the decider says so. */
export function accessCommand(
  state: ApiKeyState,
  revise: (current: Access) => Access,
  at: number,
  reason: string | undefined,
): ApiKeyCommand {
  const current = state.status === 'none' || state.status === 'deleted' ? NO_ACCESS : state.access;
  return { type: 'ChangeAccess', at, ...revise(current), reason };
}

const NO_ACCESS: Access = { scopes: [], grants: [] };

/** A key that was or can't be rotated. @throws NotFound `key-not-found`; Refused `key-deleted`, `key-inactive`, `key-already-rotated` */
export function refuseRotation(
  state: ApiKeyState,
): asserts state is Exclude<ApiKeyState, { status: 'none' | 'deleted' }> {
  if (state.status === 'none') throw new NotFound('key-not-found', 'There is no such key.');
  if (state.status === 'deleted') throw new Refused('key-deleted', 'The key was deleted. That is final.');
  if (state.status === 'inactive')
    throw new Refused('key-inactive', 'An inactive key can’t be rotated; activate it first.');
  if (state.rotation !== undefined)
    throw new Refused('key-already-rotated', 'The key was rotated before.', { data: { ...state.rotation } });
}
