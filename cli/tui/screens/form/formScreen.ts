import type { Screen, ScreenKind } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { screen } from '../../frame/state.ts';
import { copyCommands } from '../copying.ts';
import { FORM, type Form } from './form.ts';
import {
  blankField,
  endFormWork,
  onFormKeystroke,
  onFormPaste,
  pickForField,
  submitForm,
  testForm,
  commandsOfForm,
} from './reduce.ts';
import { formLines } from './view.ts';

/** Fields to fill in, and the work that they become. */
export const FORM_KIND: ScreenKind<Form> = {
  ...FORM,
  title: 'Forms',
  isTyping: true,
  shortcuts: [
    { keystrokes: ['ctrl-s'], text: 'do it', hint: 'do it', perform: submitForm },
    { keystrokes: ['ctrl-t'], text: 'test a server before it is saved', perform: testForm },
    {
      keystrokes: ['ctrl-n'],
      text: 'send an empty field as an empty text or null, or leave it out',
      perform: blankField,
    },
    { keystrokes: ['ctrl-g'], text: 'choose grants from the servers and tools that there are', perform: pickForField },
    { keystrokes: ['ctrl-y'], text: 'show and copy the command that does the same', perform: copyCommands },
    { ...BACK, keystrokes: ['esc'], text: 'leave it', hint: 'cancel' },
  ],
  lines: formLines,
  commands: commandsOfForm,
  onKeystroke: onFormKeystroke,
  onPaste: onFormPaste,
  workOf: ({ testing }) => testing,
  endWork: endFormWork,
};

/** Lays a form over what the user looks at. */
export function formScreen(form: Form): Screen {
  return screen(FORM_KIND, form);
}
