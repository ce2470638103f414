import { escape } from '../../../../src/escape.ts';
import { displayWidth, pad, truncate } from '../../../output/width.ts';
import { noticeOf } from '../../frame/endWork.ts';
import type { Screen, ScreenKind, State, Step, WorkEnd } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { screen, topContent, withError, withTop } from '../../frame/state.ts';
import { marked, MARKS } from '../../frame/text/marked.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { commandOf } from '../change/commandOf.ts';
import { PLAN, type Plan } from './bulk.ts';
import { RUN_BULK } from './runBulk.ts';

/** What would be done to each of many: nothing is, before the user has said so. */
const PLAN_KIND: ScreenKind<Plan> = {
  ...PLAN,
  title: 'A plan',
  scrolls: true,
  shortcuts: [{ keystrokes: ['y'], text: 'do what the plan shows', hint: 'do it', perform: carryOut }, BACK],
  lines: planLines,
  commands: ({ bulk, planned }, { nowMs }) =>
    planned
      .filter(({ effect }) => effect === 'change')
      .map(({ subject }) => commandOf(bulk.changeOf(subject), nowMs) ?? []),
  endWork: closePlan,
};

/** Shows a plan. */
export function planScreen(plan: Plan): Screen {
  return screen(PLAN_KIND, plan);
}

function carryOut(state: State): Step {
  const plan = topContent(state, PLAN);
  if (plan === undefined || plan.work !== undefined) return [state, []];
  const { bulk, planned } = plan;
  const subjects = planned.filter(({ effect }) => effect === 'change').map(({ subject }) => subject);
  if (subjects.length === 0) return withError(state, 'There is nothing to do.');
  const [next, effects, work] = startWork(state, jobOf(RUN_BULK, { ...bulk, subjects }), bulk.title);
  return [withTop(next, PLAN, { ...plan, work }), effects];
}

function closePlan(state: State, at: number, plan: Plan, { work, outcome }: WorkEnd): State | undefined {
  if (plan.work !== work) return undefined;
  return { ...state, screens: state.screens.toSpliced(at, 1), notice: noticeOf(state, outcome) };
}

function planLines({ bulk, planned }: Plan, { size }: State, paint: TuiPaint): string[] {
  const { columns } = size;
  const count = (effect: Plan['planned'][number]['effect']) => planned.filter((each) => each.effect === effect).length;
  const counts = [
    `${String(count('change'))} to change`,
    ...(count('nothing') === 0 ? [] : [`${String(count('nothing'))} already so`]),
    ...(count('refused') === 0 ? [] : [`${String(count('refused'))} refused`]),
  ];
  const longest = Math.max(0, ...planned.map(({ subject }) => displayWidth(escape(subject.name))));
  const room = Math.max(8, Math.min(longest, Math.floor(columns / 2) - 4));
  return [
    paint('bold', truncate(`${bulk.title}: ${counts.join(', ')}`, columns)),
    truncate('Nothing is done yet. y does it, Esc leaves it.', columns),
    '',
    ...planned.map(({ subject, effect, text }) => {
      const isRefused = effect === 'refused';
      const line = truncate(
        `${pad(truncate(escape(subject.name), room), room)}  ${isRefused ? '✗ ' : ''}${text}`,
        columns,
      );
      return isRefused ? marked(line, MARKS.bad, paint) : effect === 'nothing' ? paint('dim', line) : line;
    }),
  ];
}
