import { moveCursor, START } from '../../frame/lists/cursor.ts';
import type { ScreenKind, State, Step, Target, WorkEnd } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { push, screen, titledListHeight, topContent, withContent, withError } from '../../frame/state.ts';
import { formScreen } from '../form/formScreen.ts';
import { toolForm } from '../tool/toolForm.ts';
import { BROWSE } from './browse.ts';
import { CATALOGUE, itemsOf, type Catalogue, type ShownCatalogue } from './catalogue.ts';
import { catalogueLines } from './view.ts';

const CATALOGUE_KIND: ScreenKind<ShownCatalogue, Catalogue> = {
  ...CATALOGUE,
  title: 'What a server offers',
  shortcuts: [
    { keystrokes: ['enter', 'l', 'right'], text: 'run the tool', hint: 'run the tool', perform: openItem },
    BACK,
  ],
  lines: catalogueLines,
  commands: ({ server }) => [['tools', 'list', server]],
  subject: ({ catalogue, cursor }) => itemsOf(catalogue)[cursor.at]?.name,
  move: moveInCatalogue,
  workOf: ({ work }) => work,
  endWork: takeCatalogue,
};

/** Reads what a server offers, and shows it. */
export function openCatalogue(state: State, server: string): Step {
  const [next, effects, work] = startWork(state, jobOf(BROWSE, { server }), `Reading what ${server} offers`);
  const content = { server, catalogue: undefined, work, error: undefined, cursor: START };
  return [push(next, screen(CATALOGUE_KIND, content)), effects];
}

function openItem(state: State): Step {
  const shown = topContent(state, CATALOGUE);
  const item = itemsOf(shown?.catalogue)[shown?.cursor.at ?? 0];
  if (shown === undefined || item === undefined) return [state, []];
  if (item.tool === undefined) return withError(state, `Only tools can be run; this is a ${item.kind}.`);
  return [push(state, formScreen(toolForm(shown.server, item.tool))), []];
}

function moveInCatalogue(shown: ShownCatalogue, target: Target, state: State): ShownCatalogue {
  const { catalogue, cursor } = shown;
  const height = titledListHeight(state);
  const count = itemsOf(catalogue).length;
  return { ...shown, cursor: moveCursor(cursor, target(cursor.at, height, count - 1), count, height) };
}

function takeCatalogue(
  state: State,
  at: number,
  shown: ShownCatalogue,
  { work, outcome }: WorkEnd<Catalogue>,
): State | undefined {
  if (shown.work !== work) return undefined;
  const { message } = outcome;
  if (!outcome.ok) return withContent(state, at, CATALOGUE, { ...shown, work: undefined, error: message });
  const next = withContent(state, at, CATALOGUE, { ...shown, work: undefined, catalogue: outcome.result });
  return message === '' ? next : { ...next, notice: { text: message, sinceMs: state.nowMs, tone: 'warning' } };
}
