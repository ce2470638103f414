import type { CountedRole } from '../../../../src/projections/tables/keyRoles.ts';
import { rolePages } from '../../../stores/pages.ts';
import { listed } from '../../../views/keyView.ts';
import { keyCount } from '../../../views/roleView.ts';
import type { JobKind } from '../../frame/model.ts';
import { answerField } from '../form/form.ts';
import { withField, type FieldOfForm } from '../form/reduce.ts';
import { pickerScreen } from '../picker/pickerScreen.ts';
import { namesIn } from './namesIn.ts';

/** Roles that are offered: of more of them the name is written. */
const MAX_ROLES = 1_000;

/** Shows the roles that there are, to choose those of a key. */
export const PICK_ROLES: JobKind<FieldOfForm> = {
  async run({ stores: { db } }, { field, value }) {
    const roles: CountedRole[] = [];
    for await (const page of rolePages(db)) {
      roles.push(...page);
      if (roles.length >= MAX_ROLES) break;
    }
    if (roles.length === 0) return { ok: false, message: 'There are no roles yet: the pane Roles makes them.' };
    const chosen = namesIn(value);
    const known = new Set(roles.map(({ name }) => name));
    const written = chosen
      .filter((each) => !known.has(each))
      .map((each) => ({ value: each, about: 'as it is written' }));
    const options = roles.slice(0, MAX_ROLES).map(({ name, grants, keys }) => ({
      value: name,
      about: `${listed(grants)}; ${keyCount(keys)}`,
    }));
    return {
      ok: true,
      message: '',
      opens: pickerScreen({
        title: 'Roles',
        options: [...written, ...options],
        chosen,
        take: (state, taken) => withField(state, (form) => answerField(form, field, taken.join(', '))),
      }),
    };
  },
};
