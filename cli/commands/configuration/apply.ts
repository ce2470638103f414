import { keyTitle } from '../../views/keyView.ts';
import type { IssuedKey } from '../../../src/administration/apiKeys.ts';
import { present } from '../../../src/administration/present.ts';
import { whileApplying } from '../../../src/configuration/applyLock.ts';
import type { ApplyPlan, Step } from '../../../src/configuration/applyPlan.ts';
import { applyPlannedChanges, type PlanProgress } from '../../../src/configuration/applyPlannedChanges.ts';
import { Refused } from '../../../src/errors/appError.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { confirm, isInteractive } from '../../input/prompt.ts';
import { warnOfPending, warnOfEnforcement } from '../../views/enforcement.ts';
import { misuse } from '../../input/misuse.ts';
import { planJson, planSummary, planText, stepJson, stepTitle } from './planView.ts';
import { planWith, readFileOf, type ReadFile } from './readPlan.ts';
import { openSecretsFile } from './secretsFile.ts';
import { stopOf } from './stopped.ts';

export interface ApplyOptions {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly secretsOut?: string;
  readonly reason?: string;
}

/** The content of an answer, also when the plan stopped before its end. */
interface Report {
  readonly plan: ApplyPlan;
  readonly applied: readonly Step[];
  readonly issued: readonly IssuedKey[];
  readonly unconfirmed: readonly string[];
  readonly pending: string | undefined;
  readonly failure: Error | undefined;
}

/** Makes servers and keys as a file states them; a dry run does so on an administration that keeps nothing. */
export async function applyConfiguration(cli: Cli, options: ApplyOptions): Promise<void> {
  const read = await readFileOf(cli, options.file);
  await cli.withStores(async ({ stores }) => {
    if (options.dryRun === true) await carryOut(cli, stores, read, options);
    else await whileApplying(stores.db, () => carryOut(cli, stores, read, options));
  });
}

async function carryOut(cli: Cli, stores: Stores, read: ReadFile, options: ApplyOptions): Promise<void> {
  const { prune = false, dryRun = false, reason, secretsOut } = options;
  const plan = await planWith(stores, read, prune);
  if (!dryRun) await confirmRemovals(cli, plan, options);
  const creates = plan.steps.some(({ kind, action }) => kind === 'key' && action === 'create');
  // Of a dry run it stays empty, and so is gone again.
  await using secrets = secretsOut !== undefined && creates ? await openSecretsFile(cli, secretsOut) : undefined;
  const issued: IssuedKey[] = [];
  const onIssued = async (key: IssuedKey) => {
    if (dryRun) return;
    // Kept first: when the file fails, the answer is the only place left for the secret.
    issued.push(key);
    await secrets?.write(key);
    if (secrets !== undefined) issued.splice(issued.indexOf(key), 1, { ...key, apiKey: '' });
  };
  const administration = dryRun ? stores.dryRun() : stores;
  const progress = await applyPlannedChanges(plan.steps, {
    administration,
    context: commandContext(cli),
    reason,
    onIssued,
  });
  const failure = stopOf(progress, { dryRun, titleOf: stepTitle });
  // Without secrets to show, the error is the whole answer.
  if (failure !== undefined && issued.length === 0) throw failure;
  const rest = dryRun || failure !== undefined ? NOTHING_LEFT : await confirmTheRest(stores, plan, progress, issued);
  const report: Report = {
    plan,
    applied: dryRun ? [] : progress.applied,
    issued,
    unconfirmed: [...new Set([...progress.unconfirmed, ...rest.unconfirmed])],
    pending: progress.pending,
    failure: failure ?? rest.failure,
  };
  await answer(cli, report, options);
  if (report.failure !== undefined) throw report.failure;
}

/** Deleting can’t be undone, so it needs a yes: by option, or from a person. @throws Invalid `usage`; Refused `not-confirmed` */
async function confirmRemovals(cli: Cli, plan: ApplyPlan, { file, yes = false }: ApplyOptions): Promise<void> {
  const removals = plan.steps.filter(({ action }) => action === 'remove');
  if (removals.length === 0 || yes) return;
  const names = removals.map(stepTitle).join(', ');
  if (file === '-' || !isInteractive(cli)) {
    throw misuse(`This would remove for good: ${names}. To do it, add --yes; to see all of it, --dry-run.`);
  }
  cli.stderr.write(`${planText(plan, cli.output).join('\n')}\n`);
  if (await confirm(cli, `Remove for good: ${names}?`, false)) return;
  throw new Refused('not-confirmed', 'Nothing was changed.');
}

type Confirmed = Pick<Report, 'unconfirmed' | 'failure'>;

const NOTHING_LEFT: Confirmed = { unconfirmed: [], failure: undefined };

/** What was like that already is reported, too: another administrator may have made it so a moment ago. */
async function confirmTheRest(
  { confirmState }: Stores,
  { steps }: ApplyPlan,
  { applied }: PlanProgress,
  issued: readonly IssuedKey[],
): Promise<Confirmed> {
  if (steps.every((step) => applied.includes(step))) return NOTHING_LEFT;
  try {
    return { unconfirmed: await confirmState(), failure: undefined };
  } catch (error) {
    // Without secrets to show, the error is the whole answer.
    if (issued.length === 0 || !(error instanceof Error)) throw error;
    return { unconfirmed: [], failure: error };
  }
}

async function answer(
  { output }: Cli,
  { plan, applied, issued, unconfirmed, pending, failure }: Report,
  { dryRun = false, secretsOut }: ApplyOptions,
): Promise<void> {
  const document = {
    dry_run: dryRun,
    steps: plan.steps.map((step) => ({ ...stepJson(step), done: applied.includes(step) })),
    ...planJson(plan),
    keys: issued.map(({ id, name, apiKey, ...key }) => ({
      id,
      name,
      ...present({ api_key: apiKey === '' ? undefined : apiKey, pending: key.pending }),
    })),
    unconfirmed,
    ...present({ pending }),
  };
  await output.answer(document, () => {
    const summary = planSummary(plan);
    const verdict =
      summary === undefined
        ? 'Everything is as the file says.'
        : dryRun
          ? `Nothing was changed: ${summary}.`
          : 'Applied.';
    const shown = issued.map(({ id, name, apiKey }) => {
      const title = `The key ${keyTitle({ id, name })}`;
      return apiKey === ''
        ? `${title} is in ${escape(secretsOut ?? '')}.`
        : `${title}, shown this once:\n${output.paint('bold', apiKey)}`;
    });
    return [...planText(plan, output), ...(failure === undefined ? [verdict] : []), ...shown].join('\n');
  });
  if (!output.json) for (const warning of plan.warnings) output.warn(escape(warning));
  for (const key of issued) warnOfPending(output, key);
  warnOfEnforcement(output, { unconfirmed, pending });
}
