import type { IssuedKey } from '../../../src/administration/apiKeys.ts';
import { present } from '../../../src/administration/present.ts';
import { whileApplying } from '../../../src/configuration/applyLock.ts';
import type { ApplyPlan, Step } from '../../../src/configuration/applyPlan.ts';
import { performKey } from '../../../src/configuration/performKey.ts';
import { performServer } from '../../../src/configuration/performServer.ts';
import { Refused } from '../../../src/errors/appError.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../escape.ts';
import { confirm, isInteractive } from '../../prompt.ts';
import { warnOfPending, warnOfUnsettled } from '../../unconfirmed.ts';
import { wrongUsage } from '../../usage.ts';
import { planJson, planSummary, planText, stepJson, stepTitle } from './planView.ts';
import { planWith, readFileOf, type ReadFile } from './readPlan.ts';
import { openSecretsFile } from './secretsFile.ts';
import { stoppedAt } from './stopped.ts';

export interface ApplyOptions {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly secretsOut?: string;
  readonly reason?: string;
}

/** What was done so far. */
interface Done {
  readonly steps: Step[];
  readonly issued: IssuedKey[];
  readonly unconfirmed: Set<string>;
  pending?: string | undefined;
  /** Why it stopped before the end. */
  failure: Error | undefined;
}

/** Makes servers and keys what a file says. */
export async function applyConfiguration(cli: Cli, options: ApplyOptions): Promise<void> {
  const read = await readFileOf(cli, options.file);
  await cli.withStores(async ({ stores }) => {
    if (options.dryRun === true) await showPlan(cli, await planWith(stores, read, options.prune === true), options);
    else await whileApplying(stores.db, async () => carryOut(cli, stores, read, options));
  });
}

async function showPlan(cli: Cli, plan: ApplyPlan, options: ApplyOptions): Promise<void> {
  await answer(cli, plan, { steps: [], issued: [], unconfirmed: new Set(), failure: undefined }, options);
}

async function carryOut(cli: Cli, stores: Stores, read: ReadFile, options: ApplyOptions): Promise<void> {
  const { prune = false, reason, secretsOut } = options;
  const plan = await planWith(stores, read, prune);
  await confirmRemovals(cli, plan, options);
  const done: Done = { steps: [], issued: [], unconfirmed: new Set(), failure: undefined };
  const creates = plan.steps.some(({ kind, action }) => kind === 'key' && action === 'create');
  await using secrets = secretsOut !== undefined && creates ? await openSecretsFile(cli, secretsOut) : undefined;
  const onIssued = async (issued: IssuedKey) => {
    // Kept first: when the file fails, the answer is the only place left for the secret.
    done.issued.push(issued);
    await secrets?.write(issued);
    if (secrets !== undefined) done.issued.splice(done.issued.indexOf(issued), 1, { ...issued, apiKey: '' });
  };
  await perform(stores, plan, done, { reason, onIssued });
  await confirmTheRest(stores, plan, done);
  await answer(cli, plan, done, options);
  if (done.failure !== undefined) throw done.failure;
}

/** Deleting can’t be undone, so it needs a yes: by option, or from a person. @throws Invalid `usage`; Refused `not-confirmed` */
async function confirmRemovals(cli: Cli, plan: ApplyPlan, { file, yes = false }: ApplyOptions): Promise<void> {
  const removals = plan.steps.filter(({ action }) => action === 'remove');
  if (removals.length === 0 || yes) return;
  const names = removals.map(stepTitle).join(', ');
  if (file === '-' || !isInteractive(cli)) {
    throw wrongUsage(`This would remove for good: ${names}. To do it, add --yes; to see all of it, --dry-run.`);
  }
  cli.stderr.write(`${planText(plan, cli.output).join('\n')}\n`);
  if (await confirm(cli, `Remove for good: ${names}?`, false)) return;
  throw new Refused('not-confirmed', 'Nothing was changed.');
}

/** What was like that already is reported, too: somebody else may have made it so a moment ago. */
async function confirmTheRest({ confirmState }: Stores, { steps }: ApplyPlan, done: Done): Promise<void> {
  if (done.failure !== undefined || steps.every((step) => done.steps.includes(step))) return;
  try {
    for (const name of await confirmState()) done.unconfirmed.add(name);
  } catch (error) {
    // Without secrets to show, the error is the whole answer.
    if (done.issued.length === 0 || !(error instanceof Error)) throw error;
    done.failure = error;
  }
}

/** Does one step after the other and stops at the first that fails; what failed is in `done`, with the secrets so far. */
async function perform(
  { servers, keys }: Stores,
  { steps }: ApplyPlan,
  done: Done,
  {
    reason,
    onIssued,
  }: { readonly reason: string | undefined; readonly onIssued: (issued: IssuedKey) => Promise<void> },
): Promise<void> {
  const context = commandContext();
  const real = steps.filter(({ action }) => action !== 'none');
  for (const [at, step] of real.entries()) {
    try {
      const { unconfirmed, pending } =
        step.kind === 'server'
          ? await performServer(step, servers, context, reason)
          : await performKey(step, { keys, context, reason, onIssued });
      for (const name of unconfirmed) done.unconfirmed.add(name);
      done.pending = pending ?? done.pending;
      done.steps.push(step);
    } catch (error) {
      const titles = (some: readonly Step[]) => some.map(stepTitle);
      done.failure = stoppedAt(error, {
        done: titles(real.slice(0, at)),
        failed: stepTitle(step),
        notDone: titles(real.slice(at + 1)),
      });
      // Without secrets to show, the error is the whole answer.
      if (done.issued.length === 0) throw done.failure;
      return;
    }
  }
}

async function answer(
  { output }: Cli,
  plan: ApplyPlan,
  done: Done,
  { dryRun = false, secretsOut }: ApplyOptions,
): Promise<void> {
  const unconfirmed = [...done.unconfirmed];
  const document = {
    dry_run: dryRun,
    steps: plan.steps.map((step) => ({ ...stepJson(step), done: done.steps.includes(step) })),
    ...planJson(plan),
    keys: done.issued.map(({ id, name, apiKey, pending }) => ({
      id,
      name,
      ...present({ api_key: apiKey === '' ? undefined : apiKey, pending }),
    })),
    unconfirmed,
    ...present({ pending: done.pending }),
  };
  await output.answer(document, () => {
    const summary = planSummary(plan);
    const said =
      summary === undefined
        ? 'Everything is as the file says.'
        : dryRun
          ? `Nothing was changed: ${summary}.`
          : 'Applied.';
    const shown = done.issued.map(({ id, name, apiKey }) => {
      const title = `The key ${escape(name)} (${id})`;
      return apiKey === ''
        ? `${title} is in ${escape(secretsOut ?? '')}.`
        : `${title}, shown this once:\n${output.paint('bold', apiKey)}`;
    });
    return [...planText(plan, output), ...(done.failure === undefined ? [said] : []), ...shown].join('\n');
  });
  if (!output.json) for (const warning of plan.warnings) output.warn(escape(warning));
  for (const issued of done.issued) warnOfPending(output, issued);
  warnOfUnsettled(output, { unconfirmed, pending: done.pending });
}
