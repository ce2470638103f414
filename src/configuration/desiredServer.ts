import { checkServerInput, type PlainSettings, type ServerInput } from '../administration/serverInput.ts';
import { AppError } from '../errors/appError.ts';
import { DEFAULT_SETTINGS, keptOnToolChange } from '../events/mcpServer.ts';
import type { CurrentServer } from './currentState.ts';
import { destinationOf, usesOf, type Delivery } from './delivery.ts';
import type { ForeignAddress, ForeignServer } from './foreignServer.ts';
import type { DesiredServer } from './serverStep.ts';
import { variableOf, type Reference } from './reference.ts';
import { describeReference, fillTemplate, type Template } from './template.ts';
import { readEnvFile } from './envFile.ts';
import { folderAt } from './folderAt.ts';
import type { Problem, ValueOf } from './referenceValue.ts';
import { addressProblems } from './shownSecrets.ts';

/** How to write what looks like a placeholder and is none. */
const LITERALLY = 'keep it in a variable and write ${env:THAT_VARIABLE}';

/**
 * Makes the server that a file describes: references filled in, the rest from `base` or by default.
 * Whatever keeps it from being registered is a problem; nothing is ever registered with a placeholder in it.
 * @param folder of the file, which a working directory in it is relative to
 */
export function desireServer(
  name: string,
  foreign: ForeignServer,
  base: CurrentServer | undefined,
  valueOf: ValueOf,
  folder: string,
): { readonly desired: DesiredServer } | { readonly problems: readonly Problem[] } {
  const { address, headers, env, envFile, unset, stated } = foreign;
  const missing = new Map<string, Problem>();
  const fill = (template: Template, field: string): string => {
    const filled = fillTemplate(template, (reference) => {
      const value = valueOf(reference);
      return value !== undefined && 'text' in value ? value.text : undefined;
    });
    for (const problem of wrongChoices(template, field, valueOf)) missing.set(problem.message, problem);
    if ('text' in filled) return filled.text;
    for (const reference of filled.missing) {
      const problem = missingValue(field, reference, valueOf);
      missing.set(problem.message, problem);
    }
    return '';
  };
  const before = base?.input.settings;
  const settings: PlainSettings = {
    ...filledAddress(address, fill, folder),
    ...textOf('title', stated.title ?? before?.title),
    ...textOf('description', stated.description ?? before?.description),
    isolation: stated.isolation ?? before?.isolation ?? DEFAULT_SETTINGS.isolation,
    ...keptOnToolChange(stated.onToolChange ?? before?.onToolChange),
    limits: { ...DEFAULT_SETTINGS.limits, ...before?.limits, ...stated.limits },
    timeouts: { ...DEFAULT_SETTINGS.timeouts, ...before?.timeouts, ...stated.timeouts },
  };
  const fromFile = without(unset, readEnvFile(fill(envFile, 'envFile')));
  const secrets = {
    headers: filledAll('headers', headers, fill),
    env: { ...fromFile, ...filledAll('env', env, fill) },
  };
  const problems = [...addressProblems(address, valueOf), ...missing.values()];
  if (problems.length === 0) problems.push(...refusalOf(name, { settings, secrets }));
  if (problems.length > 0) return { problems };
  const deliveries = deliveriesOf(foreign, destinationOf(settings), valueOf);
  const enabled = foreign.enabled ?? base?.enabled ?? true;
  return { desired: { name, input: { settings, secrets }, enabled, deliveries } };
}

/** The value is not repeated: it may be a secret at the wrong place. */
function wrongChoices(template: Template, field: string, valueOf: ValueOf): Problem[] {
  return template.flatMap((part) => {
    if (typeof part === 'string' || part.kind !== 'env' || part.choices === undefined) return [];
    const value = valueOf(part);
    if (value === undefined || !('text' in value) || part.choices.includes(value.text)) return [];
    const message = `its ${field} may be one of ${part.choices.join(', ')}, and ${describeReference(part)} is none of them`;
    return [{ code: 'choice-invalid', message }];
  });
}

function missingValue(field: string, reference: Reference, valueOf: ValueOf): Problem {
  const shown = describeReference(reference);
  if (reference.kind === 'placeholder') {
    const message = `its ${field} has a placeholder (${shown}); put the value there, or ${LITERALLY}`;
    return { code: 'reference-unresolved', message };
  }
  const value = valueOf(reference);
  if (value !== undefined && 'refusal' in value) return { code: value.code, message: `${shown} ${value.refusal}` };
  return { code: 'reference-unresolved', message: `${shown} has no value here${remedyOf(field, reference)}` };
}

function remedyOf(field: string, reference: Reference): string {
  const variable = variableOf(reference);
  if (variable === undefined) return reference.kind === 'file' ? ': there is no such file, or it is empty' : '';
  const isForeign = reference.kind === 'env' && reference.isForeign === true;
  return `; set the variable ${variable}${isForeign ? `, or, if its ${field} is meant as it stands, ${LITERALLY}` : ''}`;
}

function deliveriesOf(foreign: ForeignServer, destination: string, valueOf: ValueOf): Delivery[] {
  return usesOf(foreign).flatMap(({ field, reference }) => {
    const value = valueOf(reference);
    if (value === undefined || 'refusal' in value || value.origin === undefined) return [];
    return [{ field, origin: value.origin, destination }];
  });
}

/** Puts values into a template; the field is for what is told of it. */
type Fill = (template: Template, field: string) => string;

function refusalOf(name: string, input: ServerInput): Problem[] {
  try {
    checkServerInput(name, input);
    return [];
  } catch (error) {
    if (error instanceof AppError) return [{ code: error.code, message: withoutStop(error.message) }];
    throw error;
  }
}

function filledAddress(address: ForeignAddress, fill: Fill, folder: string) {
  if (address.transport !== 'stdio') return { transport: address.transport, url: fill(address.url, 'url') };
  const { command, args, cwd } = address;
  return {
    transport: address.transport,
    command: fill(command, 'command'),
    ...(args === undefined ? {} : { args: args.map((arg) => fill(arg, 'args')) }),
    ...(cwd === undefined ? {} : { cwd: folderAt(folder, fill(cwd, 'cwd')) }),
  };
}

function filledAll(kind: 'headers' | 'env', templates: Readonly<Record<string, Template>>, fill: Fill) {
  return Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [name, fill(template, `${kind}.${name}`)]),
  );
}

function without(names: readonly string[], variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));
}

function textOf<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, string>> {
  return text === undefined ? {} : ({ [name]: text } as Record<Name, string>);
}

/** Makes a sentence the end of another one. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
