import type { CommandHandler } from '../commands/handle.ts';
import { isUnusableHistory } from '../commands/streamRefusals.ts';
import { refuseRetiredForGood, streamRepair } from '../commands/streamRepair.ts';
import { Refused } from '../errors/appError.ts';
import type { CommandContext } from '../events/metadata.ts';
import { streamRepairEvents } from '../events/streamRepair.ts';
import type { Queryable } from '../postgres/database.ts';
import { findStreamHead, type StreamHeadRow } from '../projections/tables/streamHeads.ts';
import { listVaultKeysOf } from '../vault/vaultKeys.ts';
import type { CommandResult, Enforcement } from './enforcement.ts';

/** No row of the stream counts, whatever it comes to contain: the largest revision that the table holds. */
const WHATEVER_IT_CONTAINS = 2_147_483_647;

export interface RetireOptions {
  /** Its secrets are destroyed, too. */
  readonly final: boolean;
  readonly reason: string | undefined;
}

/** Makes keys, roles and servers invalid whose own stream can't be read, and valid again. */
export interface Retirement {
  /**
   * Retires the stream of a key, role or server that is known, since a command on it failed.
   * @throws `error` unless it says that the stream can't be read; Unavailable
   */
  instead(error: unknown, stream: string, options: RetireOptions, context: CommandContext): Promise<CommandResult>;
  /** @throws Refused `stream-retired` when it was retired */
  refuseRetired(stream: string): Promise<void>;
  /** Says whether it was retired and can be reinstated. @throws Refused `stream-retired-for-good` */
  isReversible(stream: string): Promise<boolean>;
  /**
   * Reinstates a stream that was read up to `revision`. @returns where the read tables must be, when that changed anything
   * @throws Refused `stream-retired-for-good`
   */
  reinstate(
    stream: string,
    revision: number,
    reason: string | undefined,
    context: CommandContext,
  ): Promise<bigint | undefined>;
}

export interface RetirementOptions {
  readonly db: Queryable;
  readonly commands: CommandHandler;
  readonly enforcement: Enforcement;
}

/** Makes the retirement of streams. */
export function createRetirement({ db, commands, enforcement }: RetirementOptions): Retirement {
  const load = async (stream: string) => (await commands.load(streamRepair, streamRepairEvents, stream)).state;

  /** What the tables have never heard of can't have let anybody in. */
  async function headOf(stream: string, error: unknown): Promise<StreamHeadRow> {
    const head = isUnusableHistory(error) ? await findStreamHead(db, stream) : undefined;
    if (head === undefined) throw error;
    return head;
  }

  async function commandFor(stream: string, { final, reason }: RetireOptions) {
    const deks = final ? await listVaultKeysOf(db, stream) : [];
    return { type: 'Retire', final, deks, reason } as const;
  }

  return {
    async instead(error, stream, options, context) {
      const { revision } = await headOf(stream, error);
      const command = await commandFor(stream, options);
      const { position, changed } = await commands.handle(streamRepair, streamRepairEvents, stream, command, context);
      const change = { stream, revision, position, changed, effect: 'ends' } as const;
      return { ...(await enforcement.enforce({ ...change, withheldUpTo: WHATEVER_IT_CONTAINS })), retired: true };
    },
    async refuseRetired(stream) {
      const state = await load(stream);
      refuseRetiredForGood(state);
      if (state.retired === 'no') return;
      throw new Refused(
        'stream-retired',
        'It was made invalid while its history could not be read. Activate or enable it first, when its history is whole again.',
      );
    },
    async isReversible(stream) {
      const state = await load(stream);
      refuseRetiredForGood(state);
      return state.retired !== 'no';
    },
    async reinstate(stream, revision, reason, context) {
      const command = { type: 'Reinstate', reason } as const;
      const { position, changed } = await commands.handle(streamRepair, streamRepairEvents, stream, command, context);
      // Should the retirement not be applied yet: its rows count again once they contain what was read of it.
      if (changed) await enforcement.readmit(stream, revision);
      return changed ? position : undefined;
    },
  };
}
