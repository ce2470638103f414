import { jobOf } from '../../frame/startWork.ts';
import { isLosslessNumber } from '../../../../src/mcp/losslessJson.ts';
import type { Tool } from '../../../../src/mcp/catalogueItems.ts';
import { isJsonObject, type JsonObject } from '../../../../src/mcp/jsonRpc.ts';
import { escape } from '../../../../src/escape.ts';
import { answerIn, openForm, type Blanks, type Field, type Form, type Values } from '../form/form.ts';
import { CALL_TOOL } from './callTool.ts';
import {
  argumentOf,
  blanksOf,
  defaultText,
  kindText,
  readAnswer,
  type Argument,
  type Blank,
  type Reading,
} from '../../../tools/argument.ts';
import { namedArguments, propertiesOf } from '../../../tools/namedArguments.ts';
import { othersOf, readOthers, type Others } from './otherArguments.ts';

/** More choices than this are too many to look through, so the answer is typed. */
const MAX_SHOWN_OPTIONS = 30;

const BLANK_TEXTS: Readonly<Record<Blank, string>> = { empty: 'an empty text', null: 'null' };

/** What a tool takes. */
interface Arguments {
  readonly named: readonly Argument[];
  readonly others: Others | undefined;
}

/** Opens a form made out of a tool's input schema. */
export function toolForm(server: string, tool: Tool): Form {
  const own = argumentsOf(tool.inputSchema);
  const { named, others } = own;
  const about = typeof tool['description'] === 'string' ? tool['description'].split('\n')[0] : undefined;
  const fields = [...named.map(fieldOf), ...(others === undefined ? [] : [others.field])];
  const defaults = named.flatMap((argument) => {
    const text = defaultText(argument);
    return text === undefined ? [] : [[argument.name, text] as const];
  });
  return openForm(
    {
      title: `Run ${escape(tool.name)} of ${server}`,
      about: [
        ...(about === undefined ? [] : [escape(about)]),
        ...(fields.length === 0 ? ['It takes no arguments. Ctrl-S runs it.'] : []),
      ],
      fields,
      check: (values, _nowMs, blanks) =>
        Object.fromEntries(
          readAll(own, values, blanks).map(([name, reading]) => [
            name,
            reading.is === 'wrong' ? reading.complaint : undefined,
          ]),
        ),
      working: `Running ${escape(tool.name)}`,
      staysOpen: true,
      submit: (values, _nowMs, blanks) => jobOf(CALL_TOOL, { server, tool, args: argsOf(own, values, blanks) }),
    },
    Object.fromEntries(defaults),
  );
}

function argumentsOf(schema: JsonObject): Arguments {
  const { named, missing, shapeOf } = namedArguments(schema);
  const others = othersOf(schema, Object.keys(propertiesOf(schema)), { missing, shape: shapeOf(schema) });
  if (others !== undefined) return { named, others };
  return { named: [...named, ...missing.map((name) => argumentOf(name, true, shapeOf(true)))], others };
}

function fieldOf(argument: Argument): Field {
  const { name, isRequired, isNullable, kind, options, shape } = argument;
  const blanks = blanksOf(argument);
  const keystroke = blanks.length === 0 ? '' : `(^N: ${blanks.map((blank) => BLANK_TEXTS[blank]).join(', ')})`;
  const what = [kindText(argument), keystroke].filter((part) => part !== '').join(' ');
  const hint = [what, shape.description?.split('\n')[0] ?? ''].filter((part) => part !== '').join(': ');
  const shared = {
    name,
    label: `${escape(name)}${isRequired && !isNullable ? ' *' : ''}`,
    ...(hint === '' ? {} : { hint: escape(hint) }),
    ...(blanks.length === 0 ? {} : { blanks }),
  };
  if (kind === 'text' || kind === 'JSON') return { ...shared, kind: 'text', hasLines: true };
  if (kind !== 'choice' || options.length > MAX_SHOWN_OPTIONS) return { ...shared, kind: 'text' };
  const labels = options.map(({ label }) => label);
  return { ...shared, kind: 'choice', options: isRequired && !isNullable ? labels : ['', ...labels] };
}

function readAll(
  { named, others }: Arguments,
  values: Values,
  blanks: Blanks = new Map(),
): (readonly [string, Reading])[] {
  const readings = named.map(
    (argument) =>
      [argument.name, readAnswer(argument, answerIn(values, argument.name), blanks.get(argument.name))] as const,
  );
  if (others === undefined) return readings;
  const { name } = others.field;
  return [...readings, [name, readOthers(others, answerIn(values, name))] as const];
}

function argsOf(own: Arguments, values: Values, blanks: Blanks | undefined): JsonObject {
  const { others } = own;
  const args = readAll(own, values, blanks).flatMap(([name, reading]) => {
    if (reading.is !== 'value') return [];
    if (name !== others?.field.name) return [[name, reading.value] as const];
    return isJsonObject(reading.value) && !isLosslessNumber(reading.value) ? Object.entries(reading.value) : [];
  });
  return Object.fromEntries(args);
}
