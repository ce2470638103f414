import { z } from 'zod';
import type { Tool } from '../../../src/upstream/catalogueItems.ts';
import { isJsonObject, type JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { escape } from '../../escape.ts';
import { openForm, type Complaints, type Field, type Form, type Values } from '../state/form.ts';

/** What a form makes of a JSON schema; what it does not know is typed as JSON. */
const propertySchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
});
type Property = z.infer<typeof propertySchema>;

/** Opens a form made out of a tool's input schema. */
export function toolForm(server: string, tool: Tool): Form {
  const properties = propertiesOf(tool);
  const required = new Set(Array.isArray(tool.inputSchema['required']) ? tool.inputSchema['required'] : []);
  const fields = [...properties].map(([name, property]) => fieldOf(name, property, required.has(name)));
  const defaults = [...properties].flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as const],
  );
  const about = typeof tool['description'] === 'string' ? tool['description'].split('\n')[0] : undefined;
  return openForm(
    {
      title: `Run ${escape(tool.name)} of ${server}`,
      about: [
        ...(about === undefined ? [] : [escape(about)]),
        ...(fields.length === 0 ? ['It takes no arguments. Ctrl-S runs it.'] : []),
      ],
      fields,
      check: (values) => checkArguments(properties, required, values),
      working: `Running ${escape(tool.name)}`,
      submit: (values) => ({ effect: 'callTool', server, tool, args: argumentsOf(properties, values) }),
    },
    Object.fromEntries(defaults),
  );
}

function propertiesOf({ inputSchema }: Tool): Map<string, Property> {
  const given = inputSchema['properties'];
  if (!isJsonObject(given)) return new Map();
  return new Map(Object.entries(given).map(([name, value]) => [name, propertySchema.safeParse(value).data ?? {}]));
}

function fieldOf(name: string, property: Property, isRequired: boolean): Field {
  const { description, enum: choices } = property;
  const kind = kindOf(property);
  const hint = [kind === 'text' ? '' : kind, description?.split('\n')[0] ?? '']
    .filter((part) => part !== '')
    .join(': ');
  const label = `${escape(name)}${isRequired ? ' *' : ''}`;
  const options =
    choices?.every((each) => typeof each === 'string') === true
      ? choices
      : kind === 'boolean'
        ? ['true', 'false']
        : undefined;
  const shared = { name, label, ...(hint === '' ? {} : { hint: escape(hint) }) };
  if (options === undefined) return { ...shared, kind: 'text' };
  return { ...shared, kind: 'choice', options: isRequired ? options : ['', ...options] };
}

/** What is typed for a property. */
function kindOf({ type }: Property): 'text' | 'number' | 'integer' | 'boolean' | 'JSON' {
  if (type === 'string') return 'text';
  return type === 'number' || type === 'integer' || type === 'boolean' ? type : 'JSON';
}

function checkArguments(properties: Map<string, Property>, required: ReadonlySet<unknown>, values: Values): Complaints {
  return Object.fromEntries(
    [...properties].map(([name, property]) => {
      const text = values[name] ?? '';
      if (text === '') return [name, required.has(name) ? 'The tool needs this.' : undefined];
      return [name, complaintOf(property, text)];
    }),
  );
}

function complaintOf(property: Property, text: string): string | undefined {
  const value = parseValue(property, text);
  if (value === undefined) {
    const kind = kindOf(property);
    return kind === 'JSON' ? 'This is no JSON.' : `Write a ${kind}.`;
  }
  const { minimum, maximum, minLength, maxLength } = property;
  if (typeof value === 'number') {
    if (minimum !== undefined && value < minimum) return `At least ${minimum}.`;
    if (maximum !== undefined && value > maximum) return `At most ${maximum}.`;
  }
  if (typeof value === 'string') {
    if (minLength !== undefined && value.length < minLength) return `At least ${minLength} characters.`;
    if (maxLength !== undefined && value.length > maxLength) return `At most ${maxLength} characters.`;
  }
  return undefined;
}

/** @returns undefined for what can't be read */
function parseValue(property: Property, text: string): unknown {
  switch (kindOf(property)) {
    case 'text':
      return text;
    case 'number':
    case 'integer': {
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value)) return undefined;
      return property.type === 'integer' && !Number.isInteger(value) ? undefined : value;
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'JSON':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        // A property without a type takes a text, too.
        return property.type === undefined ? text : undefined;
      }
  }
}

function argumentsOf(properties: Map<string, Property>, values: Values): JsonObject {
  const entries = [...properties].flatMap(([name, property]) => {
    const text = values[name] ?? '';
    return text === '' ? [] : [[name, parseValue(property, text)] as const];
  });
  return Object.fromEntries(entries);
}
