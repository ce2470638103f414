import type { Screen } from '../state/screen.ts';
import type { State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { answerLines } from './answer.ts';
import { helpLines } from './help.ts';
import { keyLines } from './key.ts';
import { secretLines } from './secret.ts';
import { serverLines } from './server.ts';

export type Scrolled = Extract<Screen, { readonly top: number }>;

/** Writes what a screen that scrolls has to say, line by line, each no wider than the terminal. */
export function linesOf(screen: Scrolled, state: State, paint: TuiPaint): readonly string[] {
  switch (screen.screen) {
    case 'help':
      return helpLines(state, paint);
    case 'secret':
      return secretLines(screen, state.size.columns, paint);
    case 'key':
      return keyLines(screen, state, paint);
    case 'server':
      return serverLines(screen, state, paint);
    case 'answer':
      return answerLines(screen, state.size.columns, paint);
  }
}
