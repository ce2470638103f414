import type { CommandResult } from '../../../src/administration/enforcement.ts';
import { AppError } from '../../../src/errors/appError.ts';
import { apiKeyStream } from '../../../src/events/streamName.ts';
import type { CommandContext } from '../../../src/events/metadata.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { fewAtOnce } from '../../stores/atOnce.ts';
import { describeError } from '../../output/errorReport.ts';
import { keyDifferences, type KeyDifference } from '../../views/keyDifference.ts';
import type { KeyChange } from './keyChange.ts';

/** Why one of several keys can't be changed. */
export interface KeyFailure {
  readonly code: string;
  readonly message: string;
  /** A store can't be reached. */
  readonly isOutage: boolean;
}

/** What would be done to one of several keys. */
export interface PlannedKey {
  readonly key: ApiKeyRow;
  /** Types of events; empty: it is so already. */
  readonly types: readonly string[];
  readonly differences: readonly KeyDifference[];
  /** The revision that the plan is about; undefined: its history can't be read. */
  readonly revision: number | undefined;
  /** Undefined: nothing refuses it. */
  readonly failure: KeyFailure | undefined;
  /** Why it stays as it is, although what says which keys are meant fits it. (Default: it is one of them) */
  readonly leftOut?: string;
}

/** Plans to leave keys out. @param reasons why, by key */
export function planToLeave(reasons: ReadonlyMap<ApiKeyRow, string>): readonly PlannedKey[] {
  return [...reasons].map(([key, leftOut]) => ({
    key,
    types: [],
    differences: [],
    revision: undefined,
    failure: undefined,
    leftOut,
  }));
}

/** Plans the change of each key, by a dry run of its own, a few at a time and in their order. @throws what refuses not one key alone */
export function planKeys<Result extends CommandResult>(
  stores: Pick<Stores, 'dryRun'>,
  keys: readonly ApiKeyRow[],
  change: KeyChange<Result>,
  context: CommandContext,
): AsyncGenerator<readonly PlannedKey[]> {
  return fewAtOnce(keys, (key) => planKey(stores, key, change, context));
}

async function planKey<Result extends CommandResult>(
  stores: Pick<Stores, 'dryRun'>,
  key: ApiKeyRow,
  { run }: KeyChange<Result>,
  context: CommandContext,
): Promise<PlannedKey> {
  const dryRun = stores.dryRun();
  try {
    const { revision } = await run(dryRun, key, context, {});
    const { events } = dryRun;
    const first = events.find(({ stream }) => stream === apiKeyStream(key.id));
    const seen = first === undefined ? (events.length === 0 ? revision : undefined) : first.revision - 1;
    const differences = keyDifferences(key, events);
    return { key, types: events.map(({ type }) => type), differences, revision: seen, failure: undefined };
  } catch (error) {
    return { key, types: [], differences: [], revision: undefined, failure: failureOf(error) };
  }
}

/** Describes what refuses one key. @throws the error when it is a fault of ours */
export function failureOf(error: unknown): KeyFailure {
  if (!(error instanceof AppError)) throw error;
  const { code, message } = describeError(error);
  if (code !== 'revision-mismatch') return { code, message, isOutage: error.kind === 'unavailable' };
  return {
    code,
    message: 'Somebody has changed it since the plan was made, so it was left as it is.',
    isOutage: false,
  };
}
