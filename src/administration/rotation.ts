import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import {
  apiKey,
  existingKey,
  keyAlreadyRotated,
  type Access,
  type ApiKeyCommand,
  type ApiKeyState,
  type Labels,
} from '../commands/apiKey.ts';
import { revisionMismatch, type CommandHandler, type Handled, type HandleOptions } from '../commands/handle.ts';
import type { Loaded } from '../commands/loadStream.ts';
import { Conflict, Invalid, NotFound, Refused } from '../errors/appError.ts';
import { apiKeyEvents } from '../events/apiKey.ts';
import type { CommandContext } from '../events/metadata.ts';
import { timeAt } from '../events/storableTime.ts';
import { uuidV5 } from '../ids.ts';
import type { Queryable } from '../postgres/database.ts';
import { inheritanceOf, inheritingCommands } from './inheritedCredentials.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { AdministrationVault, KeyIssuer } from './keyIssuer.ts';

/** How long a rotation follows a key that is changed meanwhile, in milliseconds. */
const PATIENCE_MS = 15_000;

/** What a successor is made of. */
interface Successor extends Access, Labels {
  readonly name: string;
  readonly description?: string | undefined;
  readonly rotatedFrom: string;
}

/** A key that has a successor now. */
export interface Rotated {
  readonly successorId: string;
  readonly name: string;
  /** Of the successor. */
  readonly apiKey: string;
  readonly validUntil: string;
  /** What became of the old key. */
  readonly handled: Handled<ApiKeyState>;
}

export interface RotationOptions {
  readonly db: Queryable;
  readonly commands: CommandHandler;
  readonly vault: Pick<AdministrationVault, 'open' | 'seal'>;
  readonly issuer: Pick<KeyIssuer, 'show'>;
  readonly clock: Clock;
  /** Creates the key of an id, whose secret can be shown again. @returns the secret; @throws Refused `key-exists`, `key-deleted` */
  readonly issue: (id: string, input: Successor, context: CommandContext) => Promise<string>;
}

/** Gives a key a successor and marks it as rotated. docs/architecture.md, Rotation. */
export type Rotate = (
  id: string,
  graceMs: number,
  context: CommandContext,
  options?: Pick<ChangeOptions, 'reason' | 'ifMatch'>,
) => Promise<Rotated>;

/** Makes what rotates keys. */
export function createRotation({ db, commands, vault, issuer, clock, issue }: RotationOptions): Rotate {
  const load = (id: string): Promise<Loaded<ApiKeyState>> => commands.load(apiKey, apiKeyEvents, id);
  const handle = (id: string, command: ApiKeyCommand, context: CommandContext, options: HandleOptions) =>
    commands.handle(apiKey, apiKeyEvents, id, command, context, options);

  /**
   * Finds the id for the successor, and its secret where an interrupted or concurrent rotation has made it. The ids derive from the
   * old key's, whatever has changed of that since; one whose key was made invalid meanwhile, or rotated, is passed by.
   */
  async function findSuccessor(id: string): Promise<{ readonly id: string; readonly apiKey: string | undefined }> {
    for (let attempt = 0; ; attempt++) {
      const successorId = uuidV5(`${id}@${String(attempt)}`);
      const { state } = await load(successorId);
      if (state.status === 'none') return { id: successorId, apiKey: undefined };
      const shown = await show(successorId, state, id);
      if (shown !== undefined) return { id: successorId, apiKey: shown };
    }
  }

  async function show(id: string, state: ApiKeyState, rotatedFrom: string): Promise<string | undefined> {
    if (state.status !== 'active' || state.rotatedFrom !== rotatedFrom || state.rotation !== undefined)
      return undefined;
    try {
      return await issuer.show(id, state.sealed);
    } catch (error) {
      // It is nobody's key: it can't be verified either.
      if (error instanceof Invalid || error instanceof NotFound) return undefined;
      throw error;
    }
  }

  async function issueOrShow(id: string, input: Successor, context: CommandContext) {
    try {
      return await issue(id, input, context);
    } catch (error) {
      const winner = error instanceof Refused ? await show(id, (await load(id)).state, input.rotatedFrom) : undefined;
      if (winner === undefined) throw error;
      return winner;
    }
  }

  /** Gives the successor the access, the labels and the credentials that the old key has now. @throws Conflict when somebody else changes it */
  async function follow(
    { id, state, revision }: Loaded<ApiKeyState> & { readonly id: string },
    from: { readonly id: string; readonly state: ApiKeyState },
    context: CommandContext,
  ): Promise<void> {
    const { access, labels, credentials } = existingKey(from.state);
    const inheritance = await inheritanceOf({ db, vault }, { id: from.id, credentials });
    const inherited = await inheritingCommands(vault, inheritance, { id, ...existingKey(state) });
    let ifMatch = revision;
    const own: ApiKeyCommand[] = [
      { type: 'ChangeAccess', at: clock(), ...access },
      { type: 'Label', ...labels },
    ];
    for (const command of [...own, ...inherited]) {
      ({ revision: ifMatch } = await handle(id, command, context, { ifMatch }));
    }
  }

  /** Marks the old key, unless it is another by then than the one that the successor follows: then it is followed again. */
  async function settle(
    id: string,
    successorId: string,
    mark: () => ApiKeyCommand,
    context: CommandContext,
  ): Promise<Handled<ApiKeyState>> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (let attempt = 1; ; attempt++) {
      // In this order: whoever changes the successor once the old key is marked has not read what is read here.
      const successor = await load(successorId);
      const { state, revision } = await load(id);
      try {
        if (existingKey(state).rotation === undefined)
          await follow({ ...successor, id: successorId }, { id, state }, context);
        return await handle(id, mark(), context, { ifMatch: revision });
      } catch (error) {
        if (!(error instanceof Conflict) || performance.now() > giveUpAt) throw error;
      }
      await delay(backoffMs(attempt));
    }
  }

  return async (id, graceMs, context, { reason, ifMatch } = {}) => {
    const { state, revision } = await load(id);
    // What changes from here on is followed.
    if (ifMatch !== undefined && ifMatch !== revision) throw revisionMismatch(ifMatch, revision);
    const { name, description, access, labels, credentials, rotation } = existingKey(state);
    if (rotation !== undefined) throw keyAlreadyRotated(rotation);
    const successor = await findSuccessor(id);
    const mark = () =>
      ({ type: 'MarkRotated', successorId: successor.id, validUntil: timeAt(clock() + graceMs), reason }) as const;
    // What refuses a later step refuses the first one: no successor is left behind.
    await handle(id, mark(), context, { dryRun: true });
    await inheritanceOf({ db, vault }, { id, credentials });
    const input = { name, description, ...access, ...labels, rotatedFrom: id };
    const text = successor.apiKey ?? (await issueOrShow(successor.id, input, context));
    const handled = await settle(id, successor.id, mark, context);
    const { validUntil = '' } = existingKey(handled.state).rotation ?? {};
    return { successorId: successor.id, name, apiKey: text, validUntil, handled };
  };
}
