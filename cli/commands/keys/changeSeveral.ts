import type { CommandResult } from '../../../src/administration/enforcement.ts';
import { present } from '../../../src/administration/present.ts';
import { Refused } from '../../../src/errors/appError.ts';
import { escape } from '../../../src/escape.ts';
import type { CommandContext } from '../../../src/events/metadata.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import { askToGoOn } from '../../input/confirmation.ts';
import { onInterruption } from '../../input/interruption.ts';
import { misuse } from '../../input/misuse.ts';
import { isInteractive } from '../../input/prompt.ts';
import { AT_ONCE } from '../../stores/atOnce.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { enforcementJson, warnOfUnconfirmed } from '../../views/enforcement.ts';
import { keyTitle } from '../../views/keyView.ts';
import { capitalized } from './capitalized.ts';
import type { KeyChange, KeyChangeOptions } from './keyChange.ts';
import { failureOf, planKeys, planToLeave, type KeyFailure, type PlannedKey } from './planKeys.ts';
import { keyCount, keyLine, leftOutCell, PLAN_COLUMNS, planCells, planTotals, showPlan } from './planView.ts';
import { keysMeant, type MeantKeys } from './whichKeys.ts';

/** Named in an error. */
const NAMED = 10;

/**
 * Changes each key that is meant by a command of its own: all of them share a correlation id. A failure of one does not stop
 * the others. What is asked for without --confirm is shown first, and is about the keys as they were then.
 * @throws Refused `keys-not-changed`, `not-confirmed`, `count-differs`, `interrupted`; Invalid `usage`
 */
export async function changeSeveral<Result extends CommandResult>(
  cli: Cli,
  typed: readonly string[],
  options: KeyChangeOptions,
  change: KeyChange<Result>,
): Promise<void> {
  const { confirm = false, dryRun = false, expect } = options;
  const context = commandContext(cli);
  await cli.withStores(
    async ({ stores, settings }) => {
      const { keys: all, isBroad } = await keysMeant(stores, settings, typed, options, change.without);
      const reasons = typed.length > 0 ? new Map<ApiKeyRow, string>() : reasonsToLeave(all, change);
      const keys = all.filter((key) => !reasons.has(key));
      const left = planToLeave(reasons);
      if (expect !== undefined && expect !== keys.length) throw countDiffers(keys.length, expect);
      if (dryRun) {
        await warn(cli, stores, keys, change);
        await answerPlan(cli, stores, keys, left, change, context);
        return;
      }
      const which = { keys, left, isBroad };
      const plan = confirm ? confirmedBefore(which, options) : await askFor(cli, stores, which, change, context);
      change.forget?.();
      if (confirm) await warn(cli, stores, keys, change);
      await changeAll(cli, stores, which, plan, change, context);
    },
    { readTables: change.readTables ?? 'as current as possible' },
  );
}

/** What is to be changed, and what is not. */
interface Which extends MeantKeys {
  readonly left: readonly PlannedKey[];
}

function reasonsToLeave<Result extends CommandResult>(
  keys: readonly ApiKeyRow[],
  { leavesOut }: KeyChange<Result>,
): ReadonlyMap<ApiKeyRow, string> {
  const reasons = keys.map((key) => [key, leavesOut?.(key)] as const);
  return new Map(reasons.flatMap(([key, why]) => (why === undefined ? [] : [[key, why] as const])));
}

async function warn<Result extends CommandResult>(
  { output }: Cli,
  stores: Stores,
  keys: readonly ApiKeyRow[],
  { warnings }: KeyChange<Result>,
): Promise<void> {
  if (keys.length === 0 || warnings === undefined) return;
  for (const warning of await warnings(stores, keys)) output.warn(escape(warning));
}

/** What was shown before the question, by the ids of keys. */
type Plan = ReadonlyMap<string, PlannedKey>;

/** @throws Invalid `usage` where a yes alone is not enough */
function confirmedBefore({ keys, isBroad }: Which, { all = false, expect }: KeyChangeOptions): Plan {
  if (isBroad && expect === undefined && keys.length > 0) {
    throw misuse(
      `${all ? '--all' : '--status alone'} means ${keyCount(keys.length)}. To change so many: --confirm --expect ${keys.length}`,
    );
  }
  return new Map();
}

/** Shows what would be done, and asks. @throws Refused `not-confirmed`, `interrupted`; Invalid `usage` where nobody can be asked */
async function askFor<Result extends CommandResult>(
  cli: Cli,
  stores: Stores,
  { keys, left, isBroad }: Which,
  change: KeyChange<Result>,
  context: CommandContext,
): Promise<Plan> {
  if (keys.length === 0) return new Map();
  const refusal = unconfirmed(keys, change.verb, isBroad);
  if (!isInteractive(cli)) throw misuse(refusal);
  const plan: PlannedKey[] = [...left];
  for await (const page of planKeys(stores, keys, change, context)) plan.push(...page);
  showPlan(cli, plan);
  await warn(cli, stores, keys, change);
  const changed = plan.filter(({ types }) => types.length > 0).length;
  if (changed > 0) {
    const question = `${capitalized(change.verb)} ${keyCount(changed)}?`;
    const careful = isBroad || change.final !== undefined;
    const typed = careful ? { question: `${question} Type the number of them:`, typed: String(changed) } : { question };
    await askToGoOn(cli, { ...typed, refusal });
  }
  return new Map(plan.map((each) => [each.key.id, each]));
}

interface Changed<Result> {
  readonly key: ApiKeyRow;
  readonly result: Result | undefined;
  readonly failure: KeyFailure | undefined;
  readonly leftOut?: string | undefined;
}

async function changeAll<Result extends CommandResult>(
  cli: Cli,
  stores: Stores,
  { keys, left }: Which,
  plan: Plan,
  change: KeyChange<Result>,
  context: CommandContext,
): Promise<void> {
  const failed: (Pick<Changed<Result>, 'key'> & { readonly failure: KeyFailure })[] = [];
  const unconfirmedBy = new Set<string>();
  let [tried, changed] = [0, 0];
  using interruption = onInterruption();

  async function changeKey(key: ApiKeyRow): Promise<Changed<Result>> {
    const planned = plan.get(key.id);
    // It was shown as one that stays as it is.
    if (planned?.failure !== undefined) return { key, result: undefined, failure: planned.failure };
    try {
      const result = await change.run(stores, key, context, { ifMatch: planned?.revision });
      for (const each of result.unconfirmed) unconfirmedBy.add(each);
      return { key, result, failure: undefined };
    } catch (error) {
      return { key, result: undefined, failure: failureOf(error) };
    }
  }

  async function* changes(): AsyncGenerator<readonly Changed<Result>[]> {
    if (left.length > 0) yield left.map((each) => ({ ...each, result: undefined }));
    while (tried < keys.length && !interruption.signal.aborted) {
      const page = await Promise.all(keys.slice(tried, tried + AT_ONCE).map(changeKey));
      tried += page.length;
      for (const { key, result, failure } of page) {
        if (failure !== undefined) failed.push({ key, failure });
        else if (result?.changed === true) changed += 1;
      }
      yield page;
      // What can't be reached for all of these can't be for the others, which would each wait for it.
      if (page.every(({ failure }) => failure?.isOutage === true)) return;
    }
  }

  await cli.output.answerList({
    pages: changes(),
    toJson: ({ key, result, failure, leftOut }) => ({
      ...named(key),
      ...present({ left_out: leftOut }),
      ...(result && { ...enforcementJson(result), correlation_id: context.correlationId, ...change.members?.(result) }),
      ...(failure && { error: { code: failure.code, message: failure.message } }),
    }),
    columns: PLAN_COLUMNS,
    toCells: ({ key, result, failure, leftOut }) =>
      leftOut === undefined
        ? keyLine(key, failure ?? { text: result === undefined ? '' : change.predicate(result), style: 'green' })
        : keyLine(key, leftOutCell(leftOut)),
    empty: 'No key is meant by that.',
  });
  warnOfUnconfirmed(cli.output, { unconfirmed: [...unconfirmedBy] });
  const rest = keys.length - tried;
  if (rest > 0 && interruption.signal.aborted) throw interrupted(changed, rest);
  if (failed.length > 0) throw notChanged(failed, keys.length, rest);
  if (changed === 0 && keys.length > 0) change.refuseUnchanged?.(keys);
}

async function answerPlan<Result extends CommandResult>(
  { output }: Cli,
  stores: Stores,
  keys: readonly ApiKeyRow[],
  left: readonly PlannedKey[],
  change: KeyChange<Result>,
  context: CommandContext,
): Promise<void> {
  const totals: Pick<PlannedKey, 'types' | 'failure' | 'leftOut'>[] = [...left];
  async function* plan(): AsyncGenerator<readonly PlannedKey[]> {
    if (left.length > 0) yield left;
    for await (const page of planKeys(stores, keys, change, context)) {
      totals.push(...page.map(({ types, failure }) => ({ types, failure })));
      yield page;
    }
  }
  await output.answerList({
    pages: plan(),
    toJson: ({ key, types, differences, failure, leftOut }) => ({
      ...named(key),
      ...present({ left_out: leftOut }),
      ...(failure === undefined
        ? { would_change: types.length > 0, would_append: types, changes: differences }
        : { error: { code: failure.code, message: failure.message } }),
    }),
    columns: PLAN_COLUMNS,
    toCells: planCells,
    empty: 'No key is meant by that.',
    end: () => `${planTotals(totals)} Nothing was changed.`,
  });
  if (keys.length > 0 && totals.every(({ types, failure }) => types.length === 0 && failure === undefined)) {
    change.refuseUnchanged?.(keys);
  }
}

function named({ id, name, status }: ApiKeyRow): object {
  return { id, name, status };
}

function unconfirmed(keys: readonly ApiKeyRow[], verb: string, needsNumber: boolean): string {
  const shown = keys.slice(0, NAMED).map((key) => `  ${keyTitle(key)}`);
  const more = keys.length > NAMED ? '\n  …' : '';
  const yes = needsNumber ? `--confirm --expect ${keys.length}` : '--confirm';
  return `It would ${verb} ${keyCount(keys.length)}:\n${shown.join('\n')}${more}\nTo see what would be done to each: --dry-run; to do it: ${yes}`;
}

function countDiffers(count: number, expect: number): Refused {
  const message = `${keyCount(count)} ${count === 1 ? 'is' : 'are'} meant, and not ${expect}; nothing was changed. To see them: --dry-run without --expect`;
  return new Refused('count-differs', message, { data: { count, expect } });
}

function interrupted(changed: number, left: number): Refused {
  const message = `Interrupted: ${keyCount(changed)} ${changed === 1 ? 'was' : 'were'} changed, ${left} are left. The same command again goes on with those.`;
  return new Refused('interrupted', message);
}

function notChanged(
  failed: readonly { readonly key: ApiKeyRow; readonly failure: KeyFailure }[],
  of: number,
  left: number,
): Refused {
  const shown = failed.slice(0, NAMED).map(({ key, failure }) => `${keyTitle(key)}: ${failure.message}`);
  const more = failed.length > NAMED ? '\n  …' : '';
  const others = left > 0 ? `${left} were not tried, for a store can’t be reached.` : 'The others are.';
  const message = `Of ${of} keys, ${failed.length} could not be changed:\n  ${shown.join('\n  ')}${more}\n${others} The same command again goes on with those that are left.`;
  return new Refused('keys-not-changed', message, { data: { ids: failed.map(({ key }) => key.id) } });
}
