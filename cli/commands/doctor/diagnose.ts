import { present } from '../../../src/administration/present.ts';
import { Refused, Unavailable } from '../../../src/errors/appError.ts';
import { escape } from '../../../src/escape.ts';
import type { Cli } from '../../cli.ts';
import { findingsOf, type Finding } from '../../diagnosis/check.ts';
import { CHECK_NAMES, type CheckName } from '../../diagnosis/checkNames.ts';
import { CHECKS } from '../../diagnosis/checks.ts';
import { examine } from '../../diagnosis/examination.ts';
import type { Output } from '../../output/output.ts';
import type { Style } from '../../output/paint.ts';

type Found = Finding & { readonly check: CheckName };

/** Looks at everything at once, and answers with what was found. @throws Refused `problems-found`; Unavailable `problems-found` */
export async function diagnose(cli: Cli, skip: readonly string[]): Promise<void> {
  const found = await examine(cli, async (examination) => {
    const names = CHECK_NAMES.filter((name) => !skip.includes(name));
    const all = await Promise.all(
      names.map(async (check) =>
        (await findingsOf(CHECKS[check], examination)).map((finding) => ({ check, ...finding })),
      ),
    );
    return all.flat();
  });
  const problems = found.filter(({ state }) => state === 'problem');
  const document = {
    ok: problems.length === 0,
    findings: found.map(({ check, state, about, detail, remedy }) => ({
      check,
      state,
      ...present({ about }),
      detail,
      ...present({ remedy }),
    })),
  };
  await cli.output.answer(document, () => formatFindings(cli.output, found));
  if (problems.length === 0) return;
  const sentence = problems.length === 1 ? 'There is a problem.' : `There are ${problems.length} problems.`;
  const isUnreachable = problems.some((problem) => problem.isUnreachable === true);
  throw isUnreachable ? new Unavailable('problems-found', sentence) : new Refused('problems-found', sentence);
}

const STYLES: Readonly<Record<Finding['state'], Style>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
  unknown: 'dim',
};

/** Names and messages of servers and stores are shown, never obeyed. */
function formatFindings({ paint }: Output, found: readonly Found[]): string {
  const states = Math.max(...found.map(({ state }) => state.length));
  const names = Math.max(...found.map(({ check }) => check.length));
  const lines = found.flatMap(({ check, state, about, detail, remedy }) => {
    const subject = about === undefined ? '' : `${escape(about)}: `;
    const line = `${paint(STYLES[state], state.padEnd(states))}  ${check.padEnd(names)}  ${subject}${escape(detail)}`;
    return remedy === undefined ? [line] : [line, `${' '.repeat(states + names + 4)}→ ${escape(remedy)}`];
  });
  const count = (state: Finding['state']) => found.filter((each) => each.state === state).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const summary =
    problems + warnings === 0 ? 'All is well.' : `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}.`;
  return [...lines, '', summary].join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
