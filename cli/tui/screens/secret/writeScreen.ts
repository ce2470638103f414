import { escape } from '../../../../src/escape.ts';
import { CLIENTS } from '../../../clients/client.ts';
import type { ClientName } from '../../../clients/clientNames.ts';
import { GATEWAY_ENTRY } from '../../../clients/clientConfiguration.ts';
import { clientFile } from '../../../clients/clientFile.ts';
import { makeEntryChange, planEntries, type EntryChange } from '../../../clients/entryChange.ts';
import { placesHere } from '../../../clients/places.ts';
import { clientUrl } from '../../../gateway/endpoint.ts';
import { paintDiff } from '../../../views/diffView.ts';
import { noticeOf } from '../../frame/endWork.ts';
import type { JobKind, ScreenKind, ScreenName, State, Step, WorkEnd } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { screen, topContent, withTop } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { wrapTokens } from '../../frame/text/wrapTokens.ts';

interface Planned {
  readonly name: ClientName;
  readonly change: EntryChange;
}

interface WritePlan extends Planned {
  readonly work: number | undefined;
}

/** Finds what the entry of all servers would change in a client's file, and shows it. */
const PLAN: JobKind<ClientName> = {
  async run({ settings, surroundings }, name) {
    if (surroundings === undefined)
      return { ok: false, message: 'Nobody’s home folder is known, so there is no file to write.' };
    const client = CLIENTS[name];
    const base = clientUrl(settings);
    const entries = { [GATEWAY_ENTRY]: client.entry(`${base}/mcp`, GATEWAY_ENTRY) };
    const file = clientFile(client, placesHere(surroundings));
    const change = await planEntries({ client, file, entries }, { replace: false, allOf: base });
    if (change.after === change.before) return { ok: true, message: `${escape(file)} has it all already.` };
    return { ok: true, message: '', opens: screen(WRITE_PLAN_KIND, { name, change, work: undefined }) };
  },
  commands: (name) => [commandOf(name)],
};

/** Writes what was shown, unless somebody else was faster. */
const WRITE: JobKind<Planned> = {
  isChange: true,
  async run(_tools, { change }) {
    const backup = await makeEntryChange(change);
    const kept = backup === undefined ? '' : ` What was there is kept as ${escape(backup)}.`;
    return { ok: true, message: `${escape(change.file)} is written.${kept}` };
  },
  commands: ({ name }) => [commandOf(name)],
};

const WRITE_PLAN: ScreenName<WritePlan> = { name: 'writePlan' };

const WRITE_PLAN_KIND: ScreenKind<WritePlan> = {
  ...WRITE_PLAN,
  title: 'What would be written',
  scrolls: true,
  // The key is on the screen below.
  isLeftOnlyBack: true,
  shortcuts: [{ keystrokes: ['y'], text: 'write what is shown', hint: 'write it', perform: carryOut }, BACK],
  lines: planLines,
  commands: ({ name }) => [commandOf(name)],
  endWork: closePlan,
};

/** Looks into a client's file, and asks before it writes. */
export function planWrite(state: State, name: ClientName): Step {
  const [next, effects] = startWork(state, jobOf(PLAN, name), `Reading the file of ${CLIENTS[name].title}`);
  return [next, effects];
}

function commandOf(name: ClientName): readonly string[] {
  return ['connect', name, '--write'];
}

function planLines({ name, change }: WritePlan, { size: { columns } }: State, paint: TuiPaint): string[] {
  // Broken before they are coloured: a colour holds for a line.
  const lines = change.diff.flatMap((line) =>
    wrapTokens(line.slice(2), columns - 2).map((part) => `${line.slice(0, 2).padEnd(2)}${part}`),
  );
  return [
    ...wrap(`What would change in ${escape(change.file)}`, columns).map((line) => paint('bold', line)),
    ...wrap('Nothing is written yet. y writes it, and keeps a copy of what is there; Esc leaves it.', columns),
    '',
    ...paintDiff(lines, paint),
    '',
    ...wrap(CLIENTS[name].next, columns),
  ];
}

function carryOut(state: State): Step {
  const plan = topContent(state, WRITE_PLAN);
  if (plan === undefined || plan.work !== undefined) return [state, []];
  const [next, effects, work] = startWork(state, jobOf(WRITE, plan), 'Writing the file');
  return [withTop(next, WRITE_PLAN, { ...plan, work }), effects];
}

function closePlan(state: State, at: number, plan: WritePlan, { work, outcome }: WorkEnd): State | undefined {
  if (plan.work !== work) return undefined;
  return { ...state, screens: state.screens.toSpliced(at, 1), notice: noticeOf(state, outcome) };
}
