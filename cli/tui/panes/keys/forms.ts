import { jobOf } from '../../frame/startWork.ts';
import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import { durationMs } from '../../../../src/events/duration.ts';
import { tagSchema, tagsSchema } from '../../../../src/events/tagSchema.ts';
import { descriptionSchema, keyNameSchema, ownerSchema } from '../../../../src/events/text.ts';
import { isStorableTime } from '../../../../src/events/storableTime.ts';
import { escape } from '../../../../src/escape.ts';
import { plainFault } from '../../../../src/plainFault.ts';
import { emptied, filterBy, moveTo } from '../../frame/lists/window.ts';
import type { State } from '../../frame/model.ts';
import { slotOf, withSlot } from '../../frame/state.ts';
import {
  ACCESS_FIELDS,
  accessOf,
  accessValues,
  checkAccess,
  DEFAULT_ACCESS,
  withoutDefaults,
} from '../../screens/access/accessFields.ts';
import { namesIn } from '../../screens/access/namesIn.ts';
import { CHANGE } from '../../screens/change/runChange.ts';
import { openForm, type Complaints, type Field, type Form, type Values } from '../../screens/form/form.ts';
import { checkReason, checkTextOf, optional, REASON } from '../../screens/form/reason.ts';
import { KEYS } from './state.ts';

const NAME: Field = { name: 'name', label: 'Name', kind: 'text', hint: 'what to call it' };
const DESCRIPTION: Field = {
  name: 'description',
  label: 'About',
  kind: 'text',
  hint: 'what it is for; may stay empty',
};

const OWNER: Field = { name: 'owner', label: 'Owner', kind: 'text', hint: 'who answers for it; may stay empty' };
const TAGS: Field = { name: 'tags', label: 'Tags', kind: 'text', hint: 'team=search; several with commas' };

/** Opens the form of a new key. */
export function createKeyForm(): Form {
  return openForm(
    {
      title: 'Create a key',
      about: ['Its secret is shown once, when it is made.'],
      fields: [NAME, DESCRIPTION, OWNER, TAGS, ...ACCESS_FIELDS],
      follow: withoutDefaults,
      check: (values, nowMs) => ({
        name: checkName(values),
        description: checkTextOf(descriptionSchema, values['description']),
        owner: checkOwner(values),
        tags: checkTags(values),
        ...checkAccess(values, nowMs),
      }),
      working: 'Creating the key',
      done: showNewest,
      submit: (values, nowMs) =>
        jobOf(CHANGE, {
          command: 'createKey',
          name: (values['name'] ?? '').trim(),
          description: optional(values, 'description'),
          labels: { owner: optional(values, 'owner'), tags: namesIn(values['tags']).sort() },
          access: accessOf(values, nowMs),
        }),
    },
    DEFAULT_ACCESS,
  );
}

/** Opens the form that changes what a key may do. */
export function accessForm(key: KeyOnScreen): Form {
  return openForm(
    {
      title: `Change what ${escape(key.name)} may do`,
      about: ['It holds at once, on every gateway.'],
      fields: ACCESS_FIELDS,
      check: checkAccess,
      working: 'Changing the key',
      submit: (values, nowMs) =>
        // What was shown is what is changed: when someone else was faster, the user looks again.
        jobOf(CHANGE, { command: 'changeAccess', key, access: accessOf(values, nowMs), ifMatch: key.revision }),
    },
    accessValues(key),
  );
}

/** Opens the form that makes a key's successor. */
export function rotateForm(key: KeyOnScreen): Form {
  return openForm(
    {
      title: `Rotate ${escape(key.name)}`,
      about: ['A successor with the same access is made. The old key works until the grace is over.'],
      fields: [{ name: 'grace', label: 'Grace', kind: 'text', hint: '24h, 30m, or 0s: the old key ends at once' }],
      check: ({ grace = '' }, nowMs) => ({
        grace: isStorableTime(nowMs + (durationMs(grace.trim()) ?? NaN)) ? undefined : 'Write 24h, 30m, 45s or 0s.',
      }),
      working: 'Rotating the key',
      done: showNewest,
      submit: ({ grace = '' }) => jobOf(CHANGE, { command: 'rotateKey', key, graceMs: durationMs(grace.trim()) ?? 0 }),
    },
    { grace: '24h' },
  );
}

/** Opens the form that stops a key, or lets it work again. */
export function activationForm(key: KeyOnScreen, command: 'inactivateKey' | 'activateKey'): Form {
  const isStop = command === 'inactivateKey';
  return openForm({
    title: `${isStop ? 'Inactivate' : 'Activate'} ${escape(key.name)}`,
    about: [isStop ? 'It stops working at once, until it is activated again.' : 'It works again at once.'],
    fields: [REASON],
    check: (values) => ({ reason: checkReason(values) }),
    working: isStop ? 'Stopping the key' : 'Activating the key',
    submit: (values) => jobOf(CHANGE, { command, key, reason: optional(values, 'reason') }),
  });
}

/** Opens the form that takes out what a server gets for a key alone; the server may be gone. */
export function credentialForm(key: KeyOnScreen): Form {
  const options = key.credentials.map(({ server }) => server);
  return openForm(
    {
      title: `Take out what a server gets for ${escape(key.name)}`,
      about: ['The values are destroyed. The server then gets for it what it gets for all keys.'],
      fields: [{ name: 'server', label: 'Server', kind: 'choice', options }, REASON],
      check: (values) => ({ reason: checkReason(values) }),
      working: 'Taking it out',
      submit: (values) =>
        jobOf(CHANGE, {
          command: 'removeCredential',
          key,
          server: values['server'] ?? '',
          reason: optional(values, 'reason'),
        }),
    },
    { server: options[0] ?? '' },
  );
}

/** Opens the form that deletes a key: its name is to be typed. */
export function deleteForm(key: KeyOnScreen): Form {
  const shown = escape(key.name);
  return openForm({
    title: `Delete ${shown} for good`,
    about: [
      'It never works again, and its secret is destroyed. Its history stays.',
      `To delete it, type its name: ${shown}`,
    ],
    fields: [{ name: 'name', label: 'Name', kind: 'text' }, REASON],
    check: (values) => ({
      name: [key.name, shown].includes(values['name'] ?? '') ? undefined : 'This is not its name.',
      reason: checkReason(values),
    }),
    working: 'Deleting the key',
    submit: (values) => jobOf(CHANGE, { command: 'deleteKey', key, reason: optional(values, 'reason') }),
  });
}

/** A new key is the first one of the list. */
function showNewest(state: State): State {
  const { list } = slotOf(state, KEYS);
  return withSlot(state, KEYS, { list: moveTo(emptied(filterBy(list, '')), 0, 1) });
}

function checkName({ name = '' }: Values): Complaints[string] {
  return name.trim() === '' ? 'A key needs a name.' : checkTextOf(keyNameSchema, name.trim());
}

function checkOwner(values: Values): Complaints[string] {
  const owner = optional(values, 'owner');
  return owner === undefined ? undefined : checkTextOf(ownerSchema, owner);
}

function checkTags(values: Values): Complaints[string] {
  const tags = namesIn(values['tags']);
  const wrong = tags.find((tag) => !tagSchema.safeParse(tag).success);
  if (wrong !== undefined) return 'Write team=search: a name in lower-case letters and digits, =, a value.';
  const [issue] = tagsSchema.safeParse(tags, { error: plainFault }).error?.issues ?? [];
  return issue === undefined ? undefined : `The key ${issue.message}.`;
}
