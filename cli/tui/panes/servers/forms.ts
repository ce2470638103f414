import { present } from '../../../../src/administration/present.ts';
import { checkServerInput } from '../../../../src/administration/serverInput.ts';
import { AppError } from '../../../../src/errors/appError.ts';
import { DEFAULT_SETTINGS, isolationSchema, transportSchema } from '../../../../src/events/mcpServer.ts';
import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import { shellWords } from '../../../input/shellWords.ts';
import { commandText } from '../../../views/serverView.ts';
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

const TRANSPORT: Field = {
  name: 'transport',
  label: 'Transport',
  kind: 'choice',
  options: transportSchema.options,
  hint: '←→ choose: http, the older sse, or stdio, a program that the gateway starts',
};

const TEXTS: readonly Field[] = [
  { name: 'title', label: 'Title', kind: 'text', hint: 'may stay empty' },
  { name: 'description', label: 'About', kind: 'text', hint: 'may stay empty' },
];

/** Of servers with a URL. */
const REMOTE: readonly Field[] = [
  { name: 'url', label: 'URL', kind: 'text', hint: 'https://host/mcp' },
  ...TEXTS,
  { name: 'header', label: 'Header', kind: 'text', hint: 'a header’s name, as Authorization; may stay empty' },
  {
    name: 'value',
    label: 'Value',
    kind: 'secret',
    hint: 'its value, as Bearer …; stored encrypted, never shown again',
  },
];

/** Of servers that are programs. */
const LOCAL: readonly Field[] = [
  {
    name: 'command',
    label: 'Command',
    kind: 'text',
    hint: 'as in a shell, without variables: npx -y a-server "/srv/my files"; no secrets',
  },
  { name: 'cwd', label: 'Folder', kind: 'text', hint: 'where it runs, on the gateway’s machine; empty: /' },
  ...TEXTS,
  { name: 'variable', label: 'Variable', kind: 'text', hint: 'a variable’s name, as API_KEY; may stay empty' },
  { name: 'value', label: 'Value', kind: 'secret', hint: 'its value; stored encrypted, never shown again' },
  {
    name: 'isolation',
    label: 'Isolation',
    kind: 'choice',
    options: isolationSchema.options,
    hint: '←→ choose who shares a program of it: a session of a client, a key, or all',
  },
];

const fieldsOf = ({ transport }: Values): readonly Field[] => [TRANSPORT, ...(transport === 'stdio' ? LOCAL : REMOTE)];

/**
 * Opens the form of a new server.
 * @param cwd where a program is to run, unless the user says otherwise: where the user is, as on the command line. (Default: not said)
 */
export function addServerForm(cwd = ''): Form {
  const name: Field = {
    name: 'name',
    label: 'Name',
    kind: 'text',
    hint: 'a-z, 0-9 and -: its tools are called NAME__…',
  };
  const fieldsFor = (values: Values) => [name, ...fieldsOf(values)];
  const values = { transport: 'http', command: '', cwd, isolation: DEFAULT_SETTINGS.isolation };
  return openForm(
    {
      title: 'Add a server',
      about: ['Ctrl-T tests it before you save it. A program is started by the gateway, as the user that it runs as.'],
      fields: fieldsFor(values),
      fieldsFor,
      check: (values) => checkDraft(values['name'] ?? '', values),
      working: 'Adding the server',
      submit: (values) =>
        jobOf(CHANGE, { command: 'registerServer', name: values['name'] ?? '', draft: draftOf(values) }),
      test: testOf(undefined),
    },
    values,
  );
}

/** Opens the form that changes a server. */
export function editServerForm(server: ServerOnScreen): Form {
  const drop: Field = {
    name: 'drop',
    label: 'Drop',
    kind: 'text',
    hint: 'names of headers and variables to drop; may stay empty',
  };
  const fieldsFor = (values: Values) => [...fieldsOf(values), drop];
  const values = {
    transport: server.transport,
    url: server.url ?? '',
    command: server.command === null ? '' : commandText(server.command, server.args ?? []),
    cwd: server.cwd ?? '',
    isolation: server.isolation,
    title: server.title ?? '',
    description: server.description ?? '',
  };
  return openForm(
    {
      title: `Edit ${server.name}`,
      about: [
        'Headers and variables that you don’t name stay as they are. Ctrl-T tests it before you save it.',
        'When it moves (more of its URL than the query, or its command), give them anew, or drop them.',
      ],
      fields: fieldsFor(values),
      fieldsFor,
      check: (values) => checkDraft(server.name, values),
      working: 'Changing the server',
      submit: (values) =>
        jobOf(CHANGE, { command: 'updateServer', name: server.name, draft: draftOf(values), ifMatch: server.revision }),
      test: testOf(server.name),
    },
    values,
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
    needs: ['url', 'header', 'command', 'cwd', 'variable'],
    working: 'Testing the server',
    job: (values) => jobOf(TEST, { server, draft: draftOf(values) }),
  };
}

function draftOf(values: Values): ServerDraft {
  const transport = transportSchema.safeParse(values['transport']).data ?? 'http';
  const text = (field: string) => (values[field] ?? '').trim();
  const isLocal = transport === 'stdio';
  // What was typed before another transport was chosen is not meant.
  const secret = (field: string) => (text(field) === '' ? {} : { [text(field)]: text('value') });
  return {
    transport,
    url: isLocal ? '' : text('url'),
    command: isLocal ? wordsOf(text('command')) : [],
    cwd: isLocal ? text('cwd') : '',
    ...present({ isolation: isLocal ? isolationSchema.safeParse(values['isolation']).data : undefined }),
    title: text('title'),
    description: text('description'),
    headers: isLocal ? {} : secret('header'),
    env: isLocal ? secret('variable') : {},
    drop: text('drop')
      .split(/[\s,]+/)
      .filter((name) => name !== ''),
  };
}

/** As a shell would; a text that ends in empty quotes ends in an empty word. */
function wordsOf(text: string): string[] {
  const words = shellWords(text);
  return words.at(-1) === '' && !/(?:''|"")$/.test(text) ? words.slice(0, -1) : words;
}

const FIELD_OF: Readonly<Record<string, string>> = {
  'server-name-invalid': 'name',
  'transport-not-served': 'transport',
  'server-url-invalid': 'url',
  'server-url-has-credentials': 'url',
  'server-header-invalid': 'header',
  'server-command-required': 'command',
  'server-cwd-invalid': 'cwd',
  'server-variable-invalid': 'variable',
};

/** As the command would be refused, at the field that is at fault. */
function checkDraft(name: string, values: Values): Complaints {
  const value = values['value'] ?? '';
  const isLocal = values['transport'] === 'stdio';
  const owner = isLocal ? 'variable' : 'header';
  const lonely =
    value !== '' && (values[owner] ?? '').trim() === '' ? `Which ${owner} is this the value of?` : undefined;
  try {
    checkServerInput(name, newServer(draftOf(values)));
    return { value: lonely };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { field } = error.data;
    const other = typeof field === 'string' && field in values ? field : isLocal ? 'command' : 'url';
    return { value: lonely, [FIELD_OF[error.code] ?? other]: error.message };
  }
}
