import { Refused } from '../../../src/errors/appError.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { planJson, planSummary, planText, stepJson } from './planView.ts';
import { planWith, readFileOf } from './readPlan.ts';

export interface DiffOptions {
  readonly file: string;
  readonly prune?: boolean;
}

/** Shows what `apply` would change. @throws Refused `differs` after the answer when it is something */
export async function diffConfiguration(cli: Cli, { file, prune = false }: DiffOptions): Promise<void> {
  const { output } = cli;
  const read = await readFileOf(cli, file);
  const summary = await cli.withStores(async ({ stores }) => {
    const plan = await planWith(stores, read, prune);
    const differences = planSummary(plan);
    const steps = plan.steps.map(stepJson);
    await output.answer({ differs: differences !== undefined, steps, ...planJson(plan) }, () =>
      [...planText(plan, output), ...(differences === undefined ? ['There is no difference.'] : [])].join('\n'),
    );
    if (!output.json) for (const warning of plan.warnings) output.warn(escape(warning));
    return differences;
  });
  if (summary !== undefined) throw new Refused('differs', `What is there differs from the file: ${summary}.`);
}
