import { isRecord, type JsonRecord } from '../entryMembers.ts';
import { invalidEntry } from '../faulty.ts';
import type { Reference } from '../reference.ts';
import type { Template } from '../template.ts';

/** A value that a server.json states, or leaves to whoever installs the server. */
export interface RegistryInput {
  /** Undefined: it is optional, and there is none. */
  readonly template: Template | undefined;
  /** Whether it is a secret, or has one in it. */
  readonly isSecret: boolean;
}

/** Reads a member in the spelling of today, or in that of before 2025-09-16: registryType, registry_type. */
export function memberOf(record: JsonRecord, name: string): unknown {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return record[name] ?? record[snake] ?? undefined;
}

/** Reads a text; numbers and truth values are what they are written as. */
export function textIn(record: JsonRecord, name: string): string | undefined {
  const value = memberOf(record, name);
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Reads a list of mappings. @throws Faulty */
export function listIn(record: JsonRecord, name: string): readonly JsonRecord[] {
  const list = memberOf(record, name);
  if (list === undefined) return [];
  if (!Array.isArray(list) || !list.every(isRecord)) throw invalidEntry(`its ${name} is no list of mappings`);
  return list;
}

/** Tells what has to be filled in from what is fixed. */
export function isFilledIn(input: JsonRecord): boolean {
  const members = ['default', 'choices', 'format', 'placeholder', 'valueHint', 'isRequired', 'isSecret'];
  return textIn(input, 'value') === undefined && members.some((name) => memberOf(input, name) !== undefined);
}

/**
 * Reads an input (server.json, Input): what it is fixed to, with the variables in it, or else a reference to the variable of this
 * machine that has its value, or its default.
 * @param label names that variable
 * @param open whether `{name}` without a variable of that name is to be filled in, too (Default: it stays as it is)
 */
export function readInput(input: JsonRecord, label: string, open = false): RegistryInput {
  const isSecret = memberOf(input, 'isSecret') === true;
  const value = textIn(input, 'value');
  if (value !== undefined) {
    const read = readVariables(value, memberOf(input, 'variables'), open);
    return { ...read, isSecret: isSecret || read.isSecret };
  }
  const fallback = textIn(input, 'default');
  const isRequired = memberOf(input, 'isRequired') === true;
  if (fallback === undefined && !isRequired) return { template: undefined, isSecret };
  return { template: [referenceTo(input, label, fallback)], isSecret };
}

/** Reads a text with `{variables}` in it. */
export function readVariables(text: string, variables: unknown, open: boolean): RegistryInput & { template: Template } {
  const known = isRecord(variables) ? variables : {};
  const template: (string | Reference)[] = [];
  let isSecret = false;
  let end = 0;
  for (const { 0: written, 1: name = '', index } of text.matchAll(/\{([A-Za-z_][\w.-]*)\}/g)) {
    const variable = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!isRecord(variable) && !open) continue;
    // What is written into a text can't be left out of it.
    const input = isRecord(variable) ? readInput({ ...variable, isRequired: true }, name, open) : undefined;
    template.push(text.slice(end, index), ...(input?.template ?? [referenceTo({}, name, undefined)]));
    isSecret ||= input?.isSecret === true;
    end = index + written.length;
  }
  template.push(text.slice(end));
  return { template: template.filter((part) => part !== ''), isSecret };
}

function referenceTo(input: JsonRecord, label: string, fallback: string | undefined): Reference {
  const choices = memberOf(input, 'choices');
  const words = Array.isArray(choices)
    ? choices.map(String)
    : textIn(input, 'format') === 'boolean'
      ? ['true', 'false']
      : [];
  return { kind: 'env', name: variableName(label), fallback, ...(words.length === 0 ? {} : { choices: words }) };
}

/** What a machine sets for purposes of its own: an argument called `path` is not to get PATH. */
const OF_THE_MACHINE =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|PWD|OLDPWD|TERM|TMPDIR|TEMP|TMP|HOST|HOSTNAME|EDITOR|PAGER|DISPLAY|MAIL|NODE_ENV|NODE_OPTIONS)$/;

/** The variable that answers for a header, an argument or a variable: of `X-API-Key` it is X_API_KEY, of `path` MCP_PATH. */
function variableName(label: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(label) && !/[a-z]/.test(label)) return label;
  const words = label
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[A-Z]/.test(words) && !OF_THE_MACHINE.test(words) ? words : `MCP_${words}`;
}
