import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { displayWidth } from '../../cli/output/width.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { topContent } from '../../cli/tui/frame/state.ts';
import { FORM } from '../../cli/tui/screens/form/form.ts';
import { CALL_TOOL } from '../../cli/tui/screens/tool/callTool.ts';
import { isLosslessNumber, parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';
import { DANGEROUS, HOSTILE } from '../cli/hostileText.ts';
import { inputIn } from './stateWorld.ts';
import { onScreen } from './toolFormWorld.ts';

const NAMES = ['a', 'b', 'constructor', '__proto__', 'toString', 'hasOwnProperty', '', 'a b', HOSTILE];
const KEYWORDS = ['properties', '$defs', 'required', 'additionalProperties', 'patternProperties', 'not', 'nullable'];
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null', 'nothing'];

const name = fc.constantFrom(...NAMES);
const number = fc.constantFrom('0', '5', '-1', '1.0', '1.10', '1e400', '9007199254740993', '-0', '1e-7');
const text = fc.oneof(
  name,
  number,
  fc.constantFrom('true', 'null', '""', '[', 'a\nb', '漢'.repeat(60), '🦊'),
  fc.string(),
);

/** An object as JSON text: with names that JavaScript gives a meaning, and numbers that it can’t hold. */
const objectText = (value: fc.Arbitrary<string>, key: fc.Arbitrary<string> = name) =>
  fc
    .uniqueArray(fc.tuple(key, value), { selector: ([member]) => member, maxLength: 4 })
    .map((members) => `{${members.map(([member, each]) => `${JSON.stringify(member)}:${each}`).join(',')}}`);
const listText = (value: fc.Arbitrary<string>) => fc.array(value, { maxLength: 4 }).map((all) => `[${all.join(',')}]`);
const quoted = text.map((each) => JSON.stringify(each));
const scalar = fc.oneof(number, quoted, fc.constantFrom('true', 'false', 'null'));
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, listText(tie('value')), objectText(tie('value'))),
}));
const type = fc.constantFrom(...TYPES).map((each) => JSON.stringify(each));
const reference = name.map((each) => JSON.stringify(`#/$defs/${each}`));

/** JSON schemas, well formed and not. */
const { schema } = fc.letrec<{ schema: string }>((tie) => {
  const inner = tie('schema');
  const keyword = fc.oneof(
    fc.tuple(fc.constant('type'), fc.oneof(type, listText(type))),
    fc.tuple(fc.constantFrom('anyOf', 'oneOf', 'allOf'), listText(inner)),
    fc.tuple(fc.constant('$ref'), fc.oneof(reference, fc.constantFrom('"#"', '"#/properties/a"', '"#/%"'))),
    fc.tuple(fc.constantFrom('properties', '$defs'), objectText(inner)),
    fc.tuple(fc.constant('enum'), listText(value)),
    fc.tuple(fc.constantFrom('const', 'default'), value),
    fc.tuple(fc.constantFrom('minimum', 'maximum', 'minLength', 'maxLength'), number),
    fc.tuple(fc.constantFrom('items', 'additionalProperties', 'if'), inner),
    fc.tuple(fc.constant('description'), quoted),
    fc.tuple(fc.constant('required'), listText(name.map((each) => JSON.stringify(each)))),
    fc.tuple(fc.constantFrom(...KEYWORDS, ...NAMES), value),
  );
  const members = fc
    .uniqueArray(keyword, { selector: ([word]) => word, maxLength: 5 })
    .map((all) => `{${all.map(([word, each]) => `${JSON.stringify(word)}:${each}`).join(',')}}`);
  return { schema: fc.oneof({ depthSize: 'medium' }, fc.constantFrom('true', 'false', '{}'), members, scalar) };
});

/** As tools have them. */
const inputSchema = fc
  .tuple(objectText(schema), objectText(schema), listText(name.map((each) => JSON.stringify(each))), schema)
  .map(([properties, $defs, required, more]) => {
    const parsed = parseLossless(more);
    const rest = typeof parsed === 'object' && parsed !== null && !isLosslessNumber(parsed) ? parsed : {};
    const own = parseLossless(`{"properties":${properties},"$defs":${$defs},"required":${required}}`) as object;
    return stringifyLossless(Object.fromEntries([...Object.entries(rest), ...Object.entries(own)]));
  });

const keystroke = fc.constantFrom('tab', 'up', 'down', 'right', ' ', 'ctrl-n', 'backspace', '1', 'x', '"', 'ctrl-u');
const action = fc.oneof(
  keystroke.map((each) => ({ type: 'keystroke' as const, keystroke: each })),
  fc.oneof(text, value).map((each) => ({ type: 'pasted' as const, text: each })),
);

describe('whatever schema a server sends', () => {
  test.prop([inputSchema, fc.array(action, { maxLength: 30 }), fc.constantFrom(40, 80, 200)], { numRuns: 1_500 })(
    'its form is drawn, filled in, and sends what was typed [tui-tool-form-values] [tui-hostile-text]',
    (inputSchemaText, actions, columns) => {
      const tui = onScreen(inputSchemaText, { columns, rows: 24 });
      for (const each of actions) tui.dispatch(each);
      for (const line of bodyLines(tui.state, plain)) {
        expect(line).not.toMatch(DANGEROUS);
        expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }
      const call = inputIn(CALL_TOOL, tui.press('ctrl-s'));
      const form = topContent(tui.state, FORM);
      if (call === undefined || form === undefined) return;
      const { values, blanks, spec } = form;
      for (const field of spec.fields) {
        if (!Object.hasOwn(call.args, field.name)) continue;
        const typed = Object.hasOwn(values, field.name) ? values[field.name]! : '';
        const blank = blanks.get(field.name);
        const empty = typed.trim() === '' ? ['""', 'null'] : [];
        const allowed = blank === 'null' ? ['null'] : blank === 'empty' ? ['""'] : [...empty, ...readings(typed)];
        expect(allowed).toContain(stringifyLossless(call.args[field.name]));
      }
    },
  );
});

/** Everything that a typed text can stand for. */
function readings(typed: string): string[] {
  const asText = JSON.stringify(typed);
  try {
    return [asText, stringifyLossless(parseLossless(typed))];
  } catch {
    return [asText];
  }
}
