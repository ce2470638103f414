import { checkServerInput, type PlainSettings, type ServerInput } from '../administration/serverInput.ts';
import { AppError } from '../errors/appError.ts';
import { DEFAULT_SETTINGS } from '../events/mcpServer.ts';
import type { CurrentServer } from './currentState.ts';
import { destinationOf, usesOf, type Delivery, type Origin } from './delivery.ts';
import type { ForeignAddress, ForeignServer } from './foreignServer.ts';
import type { DesiredServer } from './serverStep.ts';
import { variableOf, type Reference } from './reference.ts';
import { describeReference, fillTemplate, type Template } from './template.ts';

/** What a reference stands for. */
export type Value =
  | {
      readonly text: string;
      /** Undefined for what a person has typed, or the file has as a default. */
      readonly origin: Origin | undefined;
    }
  /** There is something, and it is not given away or can’t be read; `refusal` ends a sentence about the reference. */
  | { readonly refusal: string; readonly code: 'own-secret' | 'reference-unresolved' };

/** Finds what a reference stands for; undefined when nothing does. */
export type ValueOf = (reference: Reference) => Value | undefined;

/** Why something can’t be done; `message` is half a sentence without secrets. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** How to write what looks like a placeholder and is none. */
const LITERALLY = 'keep it in a variable and write ${env:THAT_VARIABLE}';

/** Names that promise a secret. */
const SECRET_NAME = /key|token|secret|passw|pwd|auth|cred|signature|session/i;

/** Says that a transport is none that this version serves. The administration decides that, so it is asked. */
export function unservedTransport(transport: ForeignAddress['transport']): string | undefined {
  const reached = transport === 'stdio' ? { command: 'x' } : { url: 'http://localhost/' };
  const settings = {
    transport,
    ...reached,
    ...DEFAULT_SETTINGS,
  };
  try {
    checkServerInput('x', { settings, secrets: { headers: {}, env: {} } });
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'transport-not-served') return error.message;
    throw error;
  }
}

/**
 * Makes the server that a file describes: references filled in, the rest from `base` or by default.
 * Whatever keeps it from being registered is a problem; nothing is ever registered with a placeholder in it.
 */
export function desireServer(
  name: string,
  foreign: ForeignServer,
  base: CurrentServer | undefined,
  valueOf: ValueOf,
): { readonly desired: DesiredServer } | { readonly problems: readonly Problem[] } {
  const unserved = unservedTransport(foreign.address.transport);
  if (unserved !== undefined) return { problems: [{ code: 'transport-not-served', message: withoutStop(unserved) }] };
  const { address, headers, env, stated } = foreign;
  const missing = new Map<string, Problem>();
  const fill = (template: Template, field: string): string => {
    const filled = fillTemplate(template, (reference) => {
      const value = valueOf(reference);
      return value !== undefined && 'text' in value ? value.text : undefined;
    });
    if ('text' in filled) return filled.text;
    for (const reference of filled.missing) {
      const problem = missingValue(field, reference, valueOf);
      missing.set(problem.message, problem);
    }
    return '';
  };
  const before = base?.input.settings;
  const settings: PlainSettings = {
    ...filledAddress(address, fill),
    ...textOf('title', stated.title ?? before?.title),
    ...textOf('description', stated.description ?? before?.description),
    isolation: stated.isolation ?? before?.isolation ?? DEFAULT_SETTINGS.isolation,
    limits: { ...DEFAULT_SETTINGS.limits, ...before?.limits, ...stated.limits },
    timeouts: { ...DEFAULT_SETTINGS.timeouts, ...before?.timeouts, ...stated.timeouts },
  };
  const secrets = { headers: filledAll('headers', headers, fill), env: filledAll('env', env, fill) };
  const problems = [...urlProblems(address), ...missing.values()];
  if (problems.length === 0) problems.push(...refusalOf(name, { settings, secrets }));
  if (problems.length > 0) return { problems };
  const deliveries = deliveriesOf(foreign, destinationOf(settings), valueOf);
  const enabled = foreign.enabled ?? base?.enabled ?? true;
  return { desired: { name, input: { settings, secrets }, enabled, deliveries } };
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

/** Names in a URL’s query that promise a secret: a URL is shown in lists and logs. */
export function revealingQuery({ settings: { url } }: ServerInput): string[] {
  const names = [...(URL.parse(url ?? '')?.searchParams.keys() ?? [])];
  return [...new Set(names.filter((name) => SECRET_NAME.test(name)))];
}

/** A URL is stored and shown as text, so no secret may get into it by way of a reference. */
function urlProblems(address: ForeignAddress): Problem[] {
  if (address.transport === 'stdio') return [];
  let before = '';
  for (const part of address.url) {
    if (typeof part === 'string') before += part;
    // It has no value, which is told as of any other place.
    else if (part.kind === 'placeholder') continue;
    else if (part.kind !== 'env' || SECRET_NAME.test(part.name) || /[?#]/.test(before)) {
      const message = `its URL refers to ${describeReference(part)}, and a URL is shown in lists and logs; put secrets into headers`;
      return [{ code: 'reference-in-url', message }];
    }
  }
  return [];
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

function filledAddress(address: ForeignAddress, fill: Fill) {
  if (address.transport !== 'stdio') return { transport: address.transport, url: fill(address.url, 'url') };
  const { command, args, cwd } = address;
  return {
    transport: address.transport,
    command: fill(command, 'command'),
    ...(args === undefined ? {} : { args: args.map((arg) => fill(arg, 'args')) }),
    ...(cwd === undefined ? {} : { cwd: fill(cwd, 'cwd') }),
  };
}

function filledAll(kind: 'headers' | 'env', templates: Readonly<Record<string, Template>>, fill: Fill) {
  return Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [name, fill(template, `${kind}.${name}`)]),
  );
}

function textOf<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, string>> {
  return text === undefined ? {} : ({ [name]: text } as Record<Name, string>);
}

/** Makes a sentence the end of another one. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
