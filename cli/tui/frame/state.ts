import type { Effect, Pane, Screen, ScreenKind, ScreenName, Slot, Source, State, Step } from './model.ts';

/** Makes the state at the start: the first pane is open. */
export function initialState(
  options: Pick<State, 'version' | 'cwd' | 'programName' | 'nowMs' | 'size' | 'panes' | 'everywhere'>,
): State {
  return {
    ...options,
    pane: options.panes[0]?.name ?? '',
    screens: [],
    filtering: undefined,
    slots: {},
    refreshedMs: 0,
    health: { database: 'unknown', eventStore: 'unknown', gateway: 'unknown', lagMs: undefined, stopped: undefined },
    notice: undefined,
    work: [],
    lastWork: 0,
    leaving: undefined,
  };
}

/** Reads the state of a pane. */
export function slotOf<Own>({ slots }: Pick<State, 'slots'>, { name, initial }: Slot<Own>): Own {
  // Only `withSlot` writes there, under the same slot.
  return Object.hasOwn(slots, name) ? (slots[name] as Own) : initial;
}

/** Replaces a part of the state of a pane. */
export function withSlot<Own extends object>(state: State, slot: Slot<Own>, part: Partial<Own>): State {
  return { ...state, slots: { ...state.slots, [slot.name]: { ...slotOf(state, slot), ...part } } };
}

/** The pane whose tab is open. */
export function openPane({ panes, pane }: Pick<State, 'panes' | 'pane'>): Pane | undefined {
  return panes.find(({ name }) => name === pane);
}

/** Lines around the body: tabs, notice, hints, status. */
const FRAME_LINES = 4;

/** Lines between the tabs and the notice. */
export function bodyHeight({ size }: Pick<State, 'size'>): number {
  return Math.max(1, size.rows - FRAME_LINES);
}

/** Rows of a list: one line is its header. */
export function listHeight(state: Pick<State, 'size'>): number {
  return Math.max(1, bodyHeight(state) - 1);
}

/** Rows of a list that has a title above its header. */
export function titledListHeight(state: Pick<State, 'size'>): number {
  return Math.max(1, listHeight(state) - 1);
}

/** What the user looks at, over the pane. */
export function topScreen({ screens }: Pick<State, 'screens'>): Screen | undefined {
  return screens.at(-1);
}

/** The content of a screen, if it is of this kind. */
export function contentIn<Content>(screen: Screen | undefined, { name }: ScreenName<Content>): Content | undefined {
  // The content's type belongs to the name: `screen` pairs them.
  return screen?.kind.name === name ? (screen.content as Content) : undefined;
}

/** The content of what the user looks at, if it is of this kind. */
export function topContent<Content>(state: Pick<State, 'screens'>, name: ScreenName<Content>): Content | undefined {
  return contentIn(topScreen(state), name);
}

/** Makes a screen. */
export function screen<Content, Result>(kind: ScreenKind<Content, Result>, content: NoInfer<Content>): Screen<Content> {
  return { kind, content, top: 0 };
}

/** Replaces the content of what the user looks at. */
export function withTop<Content>(state: State, kind: ScreenName<Content>, content: Content): State {
  return withContent(state, state.screens.length - 1, kind, content);
}

/** Replaces the content of one screen. */
export function withContent<Content>(state: State, at: number, { name }: ScreenName<Content>, content: Content): State {
  const before = state.screens.at(at);
  return before?.kind.name === name ? { ...state, screens: state.screens.with(at, { ...before, content }) } : state;
}

/** Replaces the content of every screen of a kind. */
export function updateContents<Content>(
  state: State,
  kind: ScreenName<Content>,
  update: (content: Content) => Content,
): State {
  const screens = state.screens.map((each) => {
    const content = contentIn(each, kind);
    return content === undefined ? each : { ...each, content: update(content) };
  });
  return { ...state, screens };
}

/** Lays something over what the user looks at. */
export function push(state: State, top: Screen): State {
  return { ...state, screens: [...state.screens, top], notice: undefined };
}

/** Takes the topmost away. */
export function pop(state: State): State {
  return { ...state, screens: state.screens.slice(0, -1) };
}

/** Says what went wrong, or what the state of things does not allow. */
export function withError(state: State, text: string): Step {
  return [{ ...state, notice: { tone: 'error', text, sinceMs: state.nowMs } }, []];
}

/** Asks a source. */
export function readFrom<Query, Result>(source: Source<Query, Result>, query: NoInfer<Query>): Effect {
  return { effect: 'read', source, query };
}
