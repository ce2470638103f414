import { stringify } from 'yaml';
import { parseConfigurationText } from '../../../../src/configuration/configurationText.ts';
import { desireKey, heldRoles, planKey, type KeyStep } from '../../../../src/configuration/keyStep.ts';
import { performKey } from '../../../../src/configuration/performKey.ts';
import { readConfigurationFile } from '../../../../src/configuration/readConfigurationFile.ts';
import { AppError, Invalid } from '../../../../src/errors/appError.ts';
import { escape } from '../../../../src/escape.ts';
import { findKey, type ApiKeyRow } from '../../../../src/projections/tables/apiKeys.ts';
import { changeText } from '../../../views/changeView.ts';
import { noticeOf } from '../../frame/endWork.ts';
import type { JobKind, ScreenKind, ScreenName, State, Step, WorkEnd } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { screen, topContent, withError, withTop } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { keyInView } from './state.ts';

const ABOUT = [
  'What the key may do, as metamcp-cli apply reads it. Save it and leave the editor: what would change is shown before it is done.',
  'Saved as it is, it changes nothing.',
];

/** Opens the key in view in the user's editor. */
export function editInEditor(state: State): Step {
  const key = keyInView(state);
  if (key === undefined) return [state, []];
  if (key.status !== 'active' && key.status !== 'inactive') return withError(state, `The key is ${key.status}.`);
  const [next, effects] = startWork(state, jobOf(EDIT, key.id), 'Waiting for the editor');
  return [next, effects];
}

/** Has the user edit a key's access as a file, until it can be read, and shows what that would change. */
const EDIT: JobKind<string> = {
  async run({ stores: { db }, editText }, id) {
    if (editText === undefined) return { ok: false, message: 'There is no terminal for an editor.' };
    const row = await findKey(db, id);
    if (row === undefined) return { ok: false, message: 'The key is gone.' };
    const original = fileOf(row);
    let before = original;
    for (;;) {
      const text = await editText(before);
      if (text === before) return { ok: true, message: 'Nothing is changed.' };
      try {
        const step = planKey(readKey(text, row.name), row);
        if (step.action === 'none') return { ok: true, message: 'That is how it is already.' };
        return { ok: true, message: '', opens: screen(EDIT_PLAN_KIND, { step, work: undefined }) };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        before = `${commented(['This can’t be read; saved as it is, it is dropped.', ...error.message.split('\n')])}${withoutNotes(text)}`;
      }
    }
  },
};

const NOTE = '#! ';

function commented(lines: readonly string[]): string {
  return lines.map((line) => `${NOTE}${line}\n`).join('');
}

function withoutNotes(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(NOTE))
    .join('\n');
}

function fileOf(row: ApiKeyRow): string {
  const { name, owner, tags, scopes, grants, limits, networks, expiresAt, status } = row;
  const roles = heldRoles(row);
  // A file has no empty list: with roles, what is absent is none. Without any it would be the defaults, so an empty one stays, and is refused.
  const isStated = (list: readonly string[]): boolean => list.length > 0 || roles.length === 0;
  const key = {
    ...(owner !== null && { owner }),
    ...(tags.length > 0 && { tags }),
    ...(roles.length > 0 && { roles }),
    ...(isStated(scopes) && { scopes }),
    ...(isStated(grants) && { grants }),
    ...(limits.length > 0 && { limits }),
    ...(networks.length > 0 && { networks }),
    ...(expiresAt !== null && { expires: expiresAt.toISOString() }),
    active: status !== 'inactive',
  };
  const about = ABOUT.map((line) => `# ${line}\n`).join('');
  return about + stringify({ version: 1, keys: { [name]: key } });
}

/** @throws Invalid */
function readKey(text: string, name: string): ReturnType<typeof desireKey> {
  const { keys = {}, servers, roles } = readConfigurationFile(parseConfigurationText(Buffer.from(text), 'key.yaml'));
  const [entry, ...others] = Object.entries(keys);
  if (entry?.[0] !== name || others.length > 0 || servers !== undefined || roles !== undefined)
    throw new Invalid('configuration-invalid', `The file is to have the key ${escape(name)}, and nothing else.`);
  return desireKey(name, entry[1]);
}

interface EditPlan {
  readonly step: KeyStep;
  readonly work: number | undefined;
}

const EDIT_PLAN: ScreenName<EditPlan> = { name: 'editPlan' };

const EDIT_PLAN_KIND: ScreenKind<EditPlan> = {
  ...EDIT_PLAN,
  title: 'What would change',
  scrolls: true,
  shortcuts: [{ keystrokes: ['y'], text: 'do what is shown', hint: 'do it', perform: carryOut }, BACK],
  lines: planLines,
  endWork: closePlan,
};

function planLines({ step }: EditPlan, { size: { columns } }: State, paint: TuiPaint): string[] {
  return [
    ...wrap(`What would change of the key ${escape(step.name)}`, columns).map((line) => paint('bold', line)),
    ...wrap('Nothing is done yet. y does it, Esc leaves it.', columns),
    '',
    ...step.changes.flatMap((change) => wrap(changeText(change), columns, '  ')),
  ];
}

function carryOut(state: State): Step {
  const plan = topContent(state, EDIT_PLAN);
  if (plan === undefined || plan.work !== undefined) return [state, []];
  const [next, effects, work] = startWork(state, jobOf(PERFORM, plan.step), 'Changing the key');
  return [withTop(next, EDIT_PLAN, { ...plan, work }), effects];
}

function closePlan(state: State, at: number, plan: EditPlan, { work, outcome }: WorkEnd): State | undefined {
  if (plan.work !== work) return undefined;
  return { ...state, screens: state.screens.toSpliced(at, 1), notice: noticeOf(state, outcome) };
}

/** Does what was shown, unless somebody else was faster. */
const PERFORM: JobKind<KeyStep> = {
  isChange: true,
  async run({ stores: { keys, roles }, commandContext }, step) {
    const onIssued = () => Promise.resolve();
    const options = { keys, roles, context: commandContext(), reason: undefined, onIssued };
    const { unconfirmed } = await performKey(step, options);
    const message = `The key ${escape(step.name)} is changed.`;
    if (unconfirmed.length === 0) return { ok: true, message };
    const names = unconfirmed.map(escape).join(', ');
    return { ok: true, message, warning: `${message} Not confirmed in time by ${names}.` };
  },
};
