import type { ShortcutGroup } from '../frame/model.ts';
import { LEAVE } from '../frame/shortcuts.ts';
import { push } from '../frame/state.ts';
import { COPYING } from './copying.ts';
import { helpScreen } from './help/helpScreen.ts';
import { askForMoment } from './past/pastForm.ts';
import { paletteScreen } from './palette/paletteScreen.ts';

/** Shortcuts that hold in every pane and on every screen where no text is typed. */
export const EVERYWHERE: ShortcutGroup = {
  title: 'Everywhere',
  shortcuts: [
    LEAVE,
    { keystrokes: ['?'], text: 'these shortcuts', hint: 'help', perform: (state) => [push(state, helpScreen()), []] },
    ...COPYING,
    {
      keystrokes: ['T'],
      text: 'keys, servers and roles as they were',
      perform: askForMoment,
    },
    {
      keystrokes: [':'],
      text: 'find an action by its name',
      inPalette: false,
      perform: (state) => [push(state, paletteScreen()), []],
    },
  ],
};
