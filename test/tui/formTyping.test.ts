import { describe, expect, it } from 'vitest';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { push, topContent, topScreen, withSlot } from '../../cli/tui/frame/state.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { wrap } from '../../cli/tui/frame/text/wrap.ts';
import { FORM, openForm, pasteInForm, typeInForm, type Form } from '../../cli/tui/screens/form/form.ts';
import { secretScreen } from '../../cli/tui/screens/secret/secretScreen.ts';
import { UNDO_EVENT } from '../../cli/tui/screens/timeline/undoEvent.ts';
import { AUDIT } from '../../cli/tui/panes/audit/state.ts';
import { answerText, indented } from '../../cli/tools/answerText.ts';
import { inputIn, keyRow, NOW, TuiByHand } from './stateWorld.ts';

const spec = (hasLines: boolean) => ({
  title: 'A form',
  about: [],
  fields: [
    { name: 'grants', label: 'Grants', kind: 'text' as const, hasLines },
    { name: 'other', label: 'Other', kind: 'text' as const },
  ],
  check: () => ({}),
  working: 'Doing it',
  submit: () => {
    throw new Error('it is not submitted here');
  },
});

const filled = (hasLines = false): Form => openForm(spec(hasLines), { grants: '*', other: 'x' });
const press = (form: Form, ...keystrokes: readonly string[]): Form =>
  keystrokes.reduce((before, keystroke) => typeInForm(before, keystroke) ?? before, form);

describe('what a field holds already', () => {
  it('is replaced by what is typed or pasted when the cursor has just come [tui-forms]', () => {
    expect(press(filled(), ...'calculator:add').values['grants']).toBe('calculator:add');
    expect(pasteInForm(filled(), '30d').values['grants']).toBe('30d');
    expect(press(filled(), 'backspace').values['grants']).toBe('');
    expect(press(filled(), 'tab', 'y', 'shift-tab', 'z').values).toEqual({ grants: 'z', other: 'y' });
  });

  it('is kept when the cursor is moved in it first, and a text of several lines always [tui-forms]', () => {
    expect(press(filled(), 'end', ...',a').values['grants']).toBe('*,a');
    expect(press(filled(), 'left', 'a').values['grants']).toBe('a*');
    expect(press(filled(true), 'a').values['grants']).toBe('*a');
  });

  it('is shown as selected, without colours, too [tui-forms] [tui-no-colour]', () => {
    const tui = new TuiByHand([keyRow(0)]);
    tui.press('e');
    expect(topContent(tui.state, FORM)?.isSelected).toBe(false);
    tui.press('tab');
    const shown = () => bodyLines(tui.state, plain).join('\n');
    expect(shown()).toContain('‹*›');
    tui.press('right');
    expect(shown()).not.toContain('‹*›');
  });
});

describe('1 to 5', () => {
  it('go to their pane from inner screens, too [tui-keyboard]', () => {
    const tui = new TuiByHand([keyRow(0)]);
    tui.press('enter', '3');
    expect([tui.state.pane, tui.state.screens]).toEqual(['activity', []]);
    tui.press('?', '2');
    expect([tui.state.pane, tui.state.screens]).toEqual(['servers', []]);
  });

  it('do not leave what is shown once, nor a form [tui-keyboard] [tui-secret-once]', () => {
    const tui = new TuiByHand([keyRow(0)]);
    tui.press('c', '2');
    expect(topScreen(tui.state)?.kind.name).toBe('form');
    tui.press('esc');
    const secret = secretScreen({ apiKey: 'mcp_secret', configurations: [], message: 'done' });
    tui.state = push(tui.state, secret);
    tui.press('2');
    expect(topScreen(tui.state)?.kind.name).toBe('secret');
  });
});

describe('u in the audit trail', () => {
  it('asks for the history of the event under the cursor, to take it back [tui-undo]', () => {
    const id = '00000000-0000-7000-8000-000000000000';
    const row = {
      stream: `apiKey-${id}`,
      revision: 1,
      position: '7',
      id: '7',
      type: 'ApiKeyInactivated',
      at: new Date(NOW),
      actor: 'cli:someone@somewhere',
      correlationId: 'c',
      data: {},
    };
    const tui = new TuiByHand([]);
    tui.press('4');
    tui.state = withSlot(tui.state, AUDIT, { rows: [row], isReading: false });
    expect(inputIn(UNDO_EVENT, tui.press('u'))).toEqual({ stream: `apiKey-${id}`, position: '7' });
  });
});

describe('what a tool answers', () => {
  it('is indented where it is JSON, with its numbers as they are [tui-tool-form-values]', () => {
    const text = '{"a":[1,{"b":12345678901234567890}]}';
    expect(answerText({ content: [{ type: 'text', text }] }, indented)).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": 12345678901234567890\n    }\n  ]\n}',
    );
    expect(answerText({ content: [{ type: 'text', text: '[broken' }] }, indented)).toBe('[broken');
  });

  it('keeps its indentation where a line goes on below [tui-sizes]', () => {
    expect(wrap('    "key": "some words more"', 20)).toEqual(['    "key": "some', '    words more"']);
    expect(wrap(`${' '.repeat(30)}deep`, 20).every((line) => line.length <= 20)).toBe(true);
  });
});
