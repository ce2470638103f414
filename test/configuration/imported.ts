import type { PlainSettings } from '../../src/administration/serverInput.ts';
import { readClientFile } from '../../src/configuration/clientFile.ts';
import { parseConfigurationText } from '../../src/configuration/configurationText.ts';
import type { CurrentServer } from '../../src/configuration/currentState.ts';
import type { ValueOf } from '../../src/configuration/referenceValue.ts';
import type { Transport } from '../../src/events/mcpServer.ts';
import { planImport, type ImportedEntry } from '../../src/configuration/importPlan.ts';

/** What variables, files and inputs of a machine stand for, nothing else. */
export const valuesOf =
  (variables: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}): ValueOf =>
  (reference) => {
    const { kind } = reference;
    const text =
      kind === 'env'
        ? (variables[reference.name] ?? reference.fallback)
        : kind === 'file'
          ? files[reference.path]
          : kind === 'input'
            ? variables[reference.id.toUpperCase().replaceAll('-', '_')]
            : undefined;
    return text === undefined || text === '' ? undefined : { text, origin: undefined };
  };

/** Plans the import of a file. */
export function planOf(
  content: string | Buffer,
  fileName: string,
  valueOf: ValueOf,
  current: readonly CurrentServer[] = [],
): ImportedEntry[] {
  const file = readClientFile(parseConfigurationText(Buffer.from(content), fileName));
  const options = { prefix: '', update: true, folder: '/files' };
  return planImport(file, options, (name) => current.find((server) => server.name === name), valueOf);
}

/** The servers that a plan makes. */
export function serversOf(entries: readonly ImportedEntry[]): CurrentServer[] {
  return entries.flatMap(({ step }) => {
    if (step?.desired === undefined) return [];
    const { name, input, enabled } = step.desired;
    return [{ name, input, enabled, revision: 1 }];
  });
}

export interface Imported {
  readonly outcome: ImportedEntry['outcome'];
  readonly transport: Transport | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** The command, its arguments, its folder: of a server that is started. */
  readonly command: readonly string[] | undefined;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
  readonly enabled: boolean | undefined;
  readonly problems: string;
  readonly notes: string;
}

/** What each server of a file comes to, by its name in the file. */
export function imported(
  content: string | object,
  {
    fileName = 'mcp.json',
    variables = {},
    files = {},
  }: {
    fileName?: string;
    variables?: Readonly<Record<string, string>>;
    files?: Readonly<Record<string, string>>;
  } = {},
): Record<string, Imported> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return Object.fromEntries(
    planOf(text, fileName, valuesOf(variables, files)).map(({ entry, outcome, step, problems, notes }) => [
      entry,
      {
        outcome,
        transport: step?.desired?.input.settings.transport,
        url: step?.desired?.input.settings.url,
        headers: step?.desired?.input.secrets.headers,
        command: commandOf(step?.desired?.input.settings),
        cwd: step?.desired?.input.settings.cwd,
        env: step?.desired?.input.secrets.env,
        enabled: step?.desired?.enabled,
        problems: problems.map(({ message }) => message).join('; '),
        notes: notes.join('; '),
      },
    ]),
  );
}

function commandOf(settings: PlainSettings | undefined): readonly string[] | undefined {
  return settings?.command === undefined ? undefined : [settings.command, ...(settings.args ?? [])];
}

/** What one server with these settings comes to. */
export function importedOne(
  settings: unknown,
  variables: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Imported {
  const { one } = imported({ mcpServers: { one: settings } }, { variables, files });
  if (one === undefined) throw new Error('the file lost its server');
  return one;
}
