import { VERSION } from '../../../src/version.ts';
import type { Pane, State } from '../frame/model.ts';
import { initialState } from '../frame/state.ts';
import { truncate } from '../../output/width.ts';
import { PANE_TITLES } from '../panes/titles.ts';

/** What the first frame shows besides what every frame does. */
export interface Opening {
  readonly size: State['size'];
  readonly nowMs: number;
  readonly sinceMs: number;
  /** As in: the event store. */
  readonly waitsFor: string;
}

/** Makes the state of the first frame: the tabs stand, and in the place of the first list what is waited for. */
export function openingState({ size, nowMs, sinceMs, waitsFor }: Opening): State {
  const seconds = Math.floor((nowMs - sinceMs) / 1_000);
  const texts = [`Opening the stores …${seconds > 0 ? ` ${seconds} s` : ''}`, waitsFor];
  const panes = PANE_TITLES.map((title): Pane => ({
    name: title.toLowerCase(),
    title,
    shortcuts: [],
    lines: (_state, paint) => [
      '',
      ...texts.map((text, at) => paint(at === 0 ? 'bold' : 'dim', truncate(`  ${text}`, size.columns))),
    ],
  }));
  return initialState({ version: VERSION, nowMs, size, panes, everywhere: { title: 'Everywhere', shortcuts: [] } });
}
