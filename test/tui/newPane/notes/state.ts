import type { Slot } from '../../../../cli/tui/frame/model.ts';

export interface NotesState {
  /** Undefined until they are read. */
  readonly notes: readonly string[] | undefined;
}

export const NOTES: Slot<NotesState> = { name: 'notes', initial: { notes: undefined } };
