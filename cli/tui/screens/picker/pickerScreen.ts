import { escape } from '../../../../src/escape.ts';
import { displayWidth, pad, truncate } from '../../../output/width.ts';
import type { Screen, ScreenKind, ScreenName, State, Step } from '../../frame/model.ts';
import { bodyHeight, pop, screen, withTop } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { textInput, typeInto, type TextInput } from '../../frame/text/textInput.ts';

/** Something that can be chosen. */
export interface Option {
  readonly value: string;
  readonly about: string;
}

export interface Picker {
  readonly title: string;
  readonly options: readonly Option[];
  readonly chosen: readonly string[];
  /** Takes the choice in, when the picker has been left. */
  readonly take: (state: State, chosen: readonly string[]) => State;
}

interface ShownPicker extends Picker {
  readonly input: TextInput;
  readonly at: number;
}

const PICKER: ScreenName<ShownPicker> = { name: 'picker' };

/** A list to choose several things from; typing narrows it. */
const PICKER_KIND: ScreenKind<ShownPicker> = {
  ...PICKER,
  title: 'Choosing',
  isTyping: true,
  shortcuts: [
    { keystrokes: [' '], text: 'choose it, or not', hint: 'choose', perform: (state) => [state, []] },
    { keystrokes: ['enter'], text: 'take what is chosen', hint: 'take', perform: (state) => [state, []] },
    { keystrokes: ['esc'], text: 'leave it as it was', hint: 'back', perform: (state) => [pop(state), []] },
  ],
  lines: pickerLines,
  onKeystroke,
};

/** Shows what can be chosen. */
export function pickerScreen(picker: Picker): Screen {
  return screen(PICKER_KIND, { ...picker, input: textInput(), at: 0 });
}

function optionsOf({ options, input }: ShownPicker): readonly Option[] {
  const words = input.text.toLowerCase().split(/\s+/).filter(Boolean);
  return options.filter(({ value, about }) => words.every((word) => `${value} ${about}`.toLowerCase().includes(word)));
}

function onKeystroke(state: State, picker: ShownPicker, keystroke: string): Step | undefined {
  const options = optionsOf(picker);
  const goTo = (index: number): Step => {
    const at = Math.min(Math.max(0, index), Math.max(0, options.length - 1));
    return [withTop(state, PICKER, { ...picker, at }), []];
  };
  switch (keystroke) {
    case 'down':
    case 'ctrl-n':
      return goTo(picker.at + 1);
    case 'up':
    case 'ctrl-p':
      return goTo(picker.at - 1);
    case 'enter':
      return [picker.take(pop(state), picker.chosen), []];
    case ' ': {
      const value = options[picker.at]?.value;
      if (value === undefined) return [state, []];
      const chosen = picker.chosen.includes(value)
        ? picker.chosen.filter((each) => each !== value)
        : [...picker.chosen, value];
      return [withTop(state, PICKER, { ...picker, chosen }), []];
    }
    case 'esc':
      return undefined;
  }
  const input = typeInto(picker.input, keystroke);
  return [input === undefined ? state : withTop(state, PICKER, { ...picker, input, at: 0 }), []];
}

function pickerLines(picker: ShownPicker, state: State, paint: TuiPaint): string[] {
  const { title, input, at, chosen } = picker;
  const { columns } = state.size;
  const options = optionsOf(picker);
  const room = Math.max(1, bodyHeight(state) - 4);
  const first = Math.max(0, at - room + 1);
  const shown = options.slice(first, first + room);
  const longest = Math.max(0, ...shown.map(({ value, about }) => (about === '' ? 0 : displayWidth(escape(value)))));
  const values = Math.min(longest, Math.floor(columns / 2));
  const lines = shown.map(({ value, about }, index) => {
    const mark = chosen.includes(value) ? '[x]' : '[ ]';
    const named = about === '' ? escape(value) : `${pad(escape(value), values)}  ${escape(about)}`;
    const text = truncate(`${mark} ${named}`, columns - 2);
    return first + index === at ? paint('inverse', pad(`› ${text}`, columns)) : `  ${text}`;
  });
  const taken = chosen.length === 0 ? 'nothing' : chosen.map(escape).join(', ');
  return [
    paint('bold', truncate(title, columns)),
    truncate(`Chosen: ${taken}`, columns),
    truncate(`/${escape(input.text)}▏`, columns),
    ...(options.length === 0 ? [paint('dim', 'Nothing is called that.')] : lines),
  ];
}
