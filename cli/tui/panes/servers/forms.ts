import { checkServerInput } from '../../../../src/administration/serverInput.ts';
import { AppError } from '../../../../src/errors/appError.ts';
import { transportSchema } from '../../../../src/events/mcpServer.ts';
import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import { jobOf } from '../../frame/startWork.ts';
import { CHANGE } from '../../screens/change/runChange.ts';
import { newServer, type ServerDraft } from '../../screens/change/serverDraft.ts';
import {
  openForm,
  type Complaints,
  type Field,
  type Form,
  type FormTest,
  type Values,
} from '../../screens/form/form.ts';
import { checkReason, optional, REASON } from '../../screens/form/reason.ts';
import { TEST } from './testServer.ts';

const SETTINGS: readonly Field[] = [
  { name: 'transport', label: 'Transport', kind: 'choice', options: transportSchema.options, hint: '←→ choose' },
  { name: 'url', label: 'URL', kind: 'text', hint: 'https://host/mcp' },
  { name: 'title', label: 'Title', kind: 'text', hint: 'may stay empty' },
  { name: 'description', label: 'About', kind: 'text', hint: 'may stay empty' },
  { name: 'header', label: 'Header', kind: 'text', hint: 'a header’s name, as Authorization; may stay empty' },
  {
    name: 'value',
    label: 'Value',
    kind: 'secret',
    hint: 'its value, as Bearer …; stored encrypted, never shown again',
  },
];

/** Opens the form of a new server. */
export function addServerForm(): Form {
  const about = ['Ctrl-T tests it before you save it.'];
  return openForm(
    {
      title: 'Add a server',
      about,
      fields: [
        { name: 'name', label: 'Name', kind: 'text', hint: 'a-z, 0-9 and -: clients use /mcp/NAME' },
        ...SETTINGS,
      ],
      check: (values) => checkDraft(values['name'] ?? '', values),
      working: 'Adding the server',
      submit: (values) =>
        jobOf(CHANGE, { command: 'registerServer', name: values['name'] ?? '', draft: draftOf(values) }),
      test: testOf(undefined),
    },
    { transport: 'http' },
  );
}

/** Opens the form that changes a server. */
export function editServerForm(server: ServerOnScreen): Form {
  const drop: Field = { name: 'drop', label: 'Drop', kind: 'text', hint: 'names of headers to drop; may stay empty' };
  return openForm(
    {
      title: `Edit ${server.name}`,
      about: [
        'Headers that you don’t name stay as they are. Ctrl-T tests it before you save it.',
        'When it moves (more of its URL than the query), give its header anew, or drop it.',
      ],
      fields: [...SETTINGS, drop],
      check: (values) => checkDraft(server.name, values),
      working: 'Changing the server',
      submit: (values) =>
        jobOf(CHANGE, { command: 'updateServer', name: server.name, draft: draftOf(values), ifMatch: server.revision }),
      test: testOf(server.name),
    },
    {
      transport: server.transport,
      url: server.url ?? '',
      title: server.title ?? '',
      description: server.description ?? '',
    },
  );
}

/** Opens the form that starts or stops serving a server. */
export function enablementForm({ name }: ServerOnScreen, command: 'enableServer' | 'disableServer'): Form {
  const isStop = command === 'disableServer';
  return openForm({
    title: `${isStop ? 'Disable' : 'Enable'} ${name}`,
    about: [isStop ? 'It is served no longer, and calls under way are cut.' : 'It is served again.'],
    fields: [REASON],
    check: (values) => ({ reason: checkReason(values) }),
    working: isStop ? 'Disabling the server' : 'Enabling the server',
    submit: (values) => jobOf(CHANGE, { command, name, reason: optional(values, 'reason') }),
  });
}

/** Opens the form that removes a server: its name is to be typed. */
export function removeServerForm({ name }: ServerOnScreen): Form {
  return openForm({
    title: `Remove ${name}`,
    about: [
      'Its settings and secrets are destroyed. To keep them, disable it.',
      `To remove it, type its name: ${name}`,
    ],
    fields: [{ name: 'name', label: 'Name', kind: 'text' }, REASON],
    check: (values) => ({
      name: values['name'] === name ? undefined : 'This is not its name.',
      reason: checkReason(values),
    }),
    working: 'Removing the server',
    submit: (values) => jobOf(CHANGE, { command: 'removeServer', name, reason: optional(values, 'reason') }),
  });
}

/** A test of the answers, over the server as it is stored. */
function testOf(server: string | undefined): FormTest {
  return {
    needs: ['url', 'header'],
    working: 'Testing the server',
    job: (values) => jobOf(TEST, { server, draft: draftOf(values) }),
  };
}

function draftOf(values: Values): ServerDraft {
  const header = (values['header'] ?? '').trim();
  return {
    transport: transportSchema.safeParse(values['transport']).data ?? 'http',
    url: (values['url'] ?? '').trim(),
    title: (values['title'] ?? '').trim(),
    description: (values['description'] ?? '').trim(),
    headers: header === '' ? {} : { [header]: (values['value'] ?? '').trim() },
    drop: (values['drop'] ?? '').split(/[\s,]+/).filter((name) => name !== ''),
  };
}

const FIELD_OF: Readonly<Record<string, string>> = {
  'server-name-invalid': 'name',
  'transport-not-served': 'transport',
  'server-url-invalid': 'url',
  'server-url-has-credentials': 'url',
  'server-header-invalid': 'header',
};

/** As the command would be refused, at the field that is at fault. */
function checkDraft(name: string, values: Values): Complaints {
  const value = values['value'] ?? '';
  const lonely =
    value !== '' && (values['header'] ?? '').trim() === '' ? 'Which header is this the value of?' : undefined;
  try {
    checkServerInput(name, newServer(draftOf(values)));
    return { value: lonely };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { field } = error.data;
    return { value: lonely, [FIELD_OF[error.code] ?? (typeof field === 'string' ? field : 'url')]: error.message };
  }
}
