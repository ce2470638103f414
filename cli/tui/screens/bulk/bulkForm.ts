import { escape } from '../../../../src/escape.ts';
import { jobOf } from '../../frame/startWork.ts';
import { openForm, type Complaints, type Field, type Form, type Values } from '../form/form.ts';
import type { Bulk } from './bulk.ts';
import { PLAN_BULK } from './planBulk.ts';

export interface BulkForm extends Omit<Bulk, 'changeOf' | 'title'> {
  /** As in: Inactivate. */
  readonly verb: string;
  readonly fields: readonly Field[];
  readonly values?: Values;
  readonly check: (values: Values) => Complaints;
  readonly changeOf: (values: Values) => Bulk['changeOf'];
  /** It can't be taken back: their number is to be typed. */
  readonly isFinal?: true;
}

/** Names in the form; all are in the plan. */
const NAMED = 6;

/** Asks for what a change of many needs, and then shows its plan. */
export function bulkForm({ verb, fields, values, check, changeOf, isFinal, ...bulk }: BulkForm): Form {
  const { subjects, what } = bulk;
  const count = String(subjects.length);
  const title = `${verb} ${count} ${subjects.length === 1 ? what.replace(/s$/, '') : what}${isFinal === true ? ' for good' : ''}`;
  const more = subjects.length > NAMED ? ` and ${String(subjects.length - NAMED)} more` : '';
  const names = `${subjects
    .slice(0, NAMED)
    .map(({ name }) => escape(name))
    .join(', ')}${more}`;
  const number: Field = {
    name: 'count',
    label: 'How many',
    kind: 'text',
    hint: `type ${count}: it can’t be taken back`,
  };
  return openForm(
    {
      title,
      about: [names, 'First a plan shows what would become of each.'],
      fields: isFinal === true ? [number, ...fields] : fields,
      check: (answers) => ({
        ...check(answers),
        count: isFinal !== true || answers['count']?.trim() === count ? undefined : `Type ${count}, their number.`,
      }),
      working: `${title}: looking at them`,
      submit: (answers) => jobOf(PLAN_BULK, { ...bulk, title, changeOf: changeOf(answers) }),
    },
    values,
  );
}
