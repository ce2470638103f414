import type { Observable } from 'rxjs';
import type { CommandContext } from '../../../src/events/metadata.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Surroundings } from '../../surroundings.ts';
import type { TuiPaint } from './text/style.ts';
import type { TextInput } from './text/textInput.ts';

// What the parts of the TUI agree on. It stands in one file because its parts refer to each other.

/** Everything that the screen shows. */
export interface State {
  readonly version: string;
  /** The folder in which the TUI was started. (Default: not known) */
  readonly cwd?: string | undefined;
  /** How the user has started the CLI, for commands in texts. (Default: as it is installed) */
  readonly programName?: string | undefined;
  readonly nowMs: number;
  readonly size: { readonly columns: number; readonly rows: number };
  /** The panes that exist, in the order of the tabs. */
  readonly panes: readonly Pane[];
  /** Shortcuts that hold in every pane and on every screen where no text is typed. */
  readonly everywhere: ShortcutGroup;
  /** The name of the open pane. */
  readonly pane: string;
  /** What lies over the pane; the user sees the last one. */
  readonly screens: readonly Screen[];
  /** While a filter is being typed. */
  readonly filtering: TextInput | undefined;
  /** The states of the panes, by their names: read by `slotOf`, written by `withSlot`. */
  readonly slots: Readonly<Record<string, unknown>>;
  /** When the open pane was last refreshed. */
  readonly refreshedMs: number;
  readonly health: Health;
  readonly notice: Notice | undefined;
  readonly work: readonly Work[];
  readonly lastWork: number;
  /** The user wants to leave as soon as no change is under way, with this exit code. */
  readonly leaving: { readonly code: number; readonly sinceMs: number } | undefined;
}

/** A new state, and what is to be done. */
export type Step = readonly [State, readonly Effect[]];

/** Keystrokes and what they do. Help, hints and palette are made of shortcuts. */
export interface Shortcut {
  /** The first one is shown. */
  readonly keystrokes: readonly string[];
  /** As in: create a key. */
  readonly text: string;
  /** One word for the line of hints; absent: not shown there. */
  readonly hint?: string;
  /** False: the palette does not offer it, as the moves, which no user looks up by their names. (Default: true) */
  readonly inPalette?: false;
  readonly perform: (state: State) => Step;
}

/** Shortcuts under one heading of the help. */
export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

/** Where a move leads: from a line, of those up to `last`, of which `height` are shown. */
export type Target = (from: number, height: number, last: number) => number;

/** One of the tabs. What is absent, the pane does not do. */
export interface Pane extends ShortcutGroup {
  /** One lowercase word. */
  readonly name: string;
  lines(state: State, paint: TuiPaint): readonly string[];
  /** What is under its cursor, beside the list where there is room. */
  detail?(state: State, paint: TuiPaint): readonly string[];
  /** What all of it comes to, beside the tabs where there is room. */
  summary?(state: State): string | undefined;
  /** Moves its cursor. The frame calls it after a resize, too, so that the cursor stays in view. */
  move?(state: State, target: Target): State;
  /** Present: it is a list, which Enter opens and / filters. */
  readonly list?: PaneList;
  /** Asks for what it shows and memory lacks. */
  read?(state: State): Step;
  /** Asks again for what may have changed, also while another pane is open. */
  readAgain?(state: State): Step;
  /** Asks for figures that change without an event; every few seconds while the pane is open. */
  refresh?(state: State): readonly Effect[];
  /** The commands of the CLI that show the same, as words. */
  commands?(state: State): readonly (readonly string[])[];
  /** What one refers to what is under the cursor by: an id or a name. */
  subject?(state: State): string | undefined;
  /** What it adds to the status line, whatever pane is open. */
  status?(state: State): string | undefined;
  /** What it follows while the TUI runs. */
  readonly feeds?: readonly Feed[];
}

export interface PaneList {
  /** Shows what is under the cursor. */
  open(state: State): Step;
  filterOf(state: State): string;
  filterBy(state: State, filter: string): State;
}

/** The state of one pane. Only what has the slot reaches the state, with its type. */
export interface Slot<Own> {
  /** The pane's. */
  readonly name: string;
  readonly initial: Own;
}

/** Names a kind of screen, for those that need its content and not what it does. */
export interface ScreenName<Content> {
  readonly name: string;
  /** Never set: it carries the type. */
  readonly content?: Content;
}

/** What can lie over a pane: a form, a help text, a key. */
export interface ScreenKind<Content, Result = unknown> extends ScreenName<Content>, ShortcutGroup {
  /** Text is typed on it, so only its own shortcuts hold. */
  readonly isTyping?: true;
  /** What it shows is gone once it is left, so no slip of a finger may leave it for another pane. */
  readonly isLeftOnlyBack?: true;
  /** Its lines may be more than the terminal has, so moves scroll. */
  readonly scrolls?: true;
  lines(content: Content, state: State, paint: TuiPaint): readonly string[];
  /** Names the pane that shows the same of now; its tab stands out. (Default: the one below) */
  pane?(content: Content): string;
  /** Moves its cursor. */
  move?(content: Content, target: Target, state: State): Content;
  /** Takes a keystroke before the shortcuts do. @returns undefined for one that it leaves to them */
  onKeystroke?(state: State, content: Content, keystroke: string): Step | undefined;
  /** Takes a pasted text. */
  onPaste?(state: State, content: Content, text: string): State;
  /** Asks again for what may have changed. */
  readAgain?(content: Content): readonly Effect[];
  /** The commands of the CLI that do the same, as words. */
  commands?(content: Content, state: State): readonly (readonly string[])[];
  /** What one refers to what it shows by: an id or a name. */
  subject?(content: Content, state: State): string | undefined;
  /** The work that is cancelled when the user goes back. */
  workOf?(content: Content): number | undefined;
  /** Takes in the end of work. @returns undefined when it was not the work of this screen */
  endWork?(state: State, at: number, content: Content, end: WorkEnd<Result>): State | undefined;
}

export interface Screen<Content = unknown> {
  readonly kind: ScreenKind<Content>;
  readonly content: Content;
  /** The first line shown, where it scrolls. */
  readonly top: number;
}

/** What can be read from the stores: by `read`, which only the loop calls, and taken in by `take`, which is pure. */
export interface Source<Query, Result> {
  /** @throws Unavailable */
  read(tools: Tools, query: Query): Promise<Result>;
  take(state: State, query: Query, result: Result): Step;
}

/** What comes by itself, in bunches. */
export interface Feed<News = unknown> {
  open(tools: Tools): Observable<News>;
  take(state: State, news: News): State;
}

/** Work that takes time, of which the user sees the progress. */
export interface JobKind<Input, Result = unknown> {
  /** It changes something: leaving waits for it, and it can't be cancelled. */
  readonly isChange?: true;
  /** @throws AppError, whose message becomes the outcome's */
  run(tools: Tools, input: Input, options: JobOptions): Promise<Outcome<Result>>;
  /** The commands of the CLI that do the same, as words. */
  commands?(input: Input, nowMs: number): readonly (readonly string[])[];
  /** Takes its result in, wherever the user is by then. */
  take?(state: State, input: Input, outcome: Outcome<Result>): State;
}

export interface JobOptions {
  readonly signal: AbortSignal;
  /**
   * Replaces what is shown of the work, as in: Running search: 3 of 10.
   * @param result what has come so far, which the kind's `take` takes in (Default: nothing)
   */
  readonly onProgress: (message: string, result?: unknown) => void;
}

export interface Job<Input = unknown, Result = unknown> {
  readonly kind: JobKind<Input, Result>;
  readonly input: Input;
}

/** How a piece of work ended. */
export type Outcome<Result = unknown> =
  | {
      readonly ok: true;
      readonly message: string;
      readonly warning?: string | undefined;
      /** What a form shows of a test of its answers. */
      readonly note?: string;
      /** What the shell shows instead of the message when the user has left before the result could be seen. */
      readonly unseen?: string;
      readonly result?: Result;
      /** The screen that shows what came of it. */
      readonly opens?: Screen;
    }
  | { readonly ok: false; readonly message: string };

/** A piece of work that is under way. */
export interface Work {
  readonly id: number;
  readonly job: Job;
  /** As in: Creating the key. */
  readonly message: string;
  readonly sinceMs: number;
}

export interface WorkEnd<Result = unknown> {
  readonly work: number;
  readonly outcome: Outcome<Result>;
}

/** What is done outside of the reducer: data, carried out by `loop/perform.ts`. */
export type Effect =
  | { readonly effect: 'read'; readonly source: Source<unknown, unknown>; readonly query: unknown }
  | { readonly effect: 'work'; readonly work: number; readonly job: Job }
  | { readonly effect: 'cancel'; readonly work: number }
  | { readonly effect: 'copy'; readonly text: string }
  | LeaveEffect;

export interface LeaveEffect {
  readonly effect: 'leave';
  readonly code: number;
  /** What the shell shows afterwards. */
  readonly messages: readonly string[];
  /** The user does not wait for what is under way. */
  readonly isUrgent: boolean;
}

/** What has happened: a keystroke, something was read, time went by. */
export type Action =
  | { readonly type: 'started' }
  | { readonly type: 'keystroke'; readonly keystroke: string }
  | { readonly type: 'pasted'; readonly text: string }
  | { readonly type: 'resized'; readonly columns: number; readonly rows: number }
  | { readonly type: 'ticked'; readonly nowMs: number }
  /** A key or a server has changed, here or elsewhere. */
  | { readonly type: 'changed' }
  | {
      readonly type: 'read';
      readonly source: Source<unknown, unknown>;
      readonly query: unknown;
      readonly result: unknown;
    }
  | { readonly type: 'news'; readonly feed: Feed; readonly news: unknown }
  | { readonly type: 'progressed'; readonly work: number; readonly message: string; readonly result?: unknown }
  | ({ readonly type: 'ended' } & WorkEnd)
  | { readonly type: 'healthRead'; readonly health: Health }
  | { readonly type: 'failed'; readonly message: string }
  /** The system asks the process to end. */
  | { readonly type: 'signalled'; readonly code: number };

export type Dispatch = (action: Action) => void;

/** What sources, feeds and jobs work with. */
export interface Tools {
  readonly stores: Stores;
  readonly settings: Settings;
  /** Makes what each change is attributed to: the same actor as a command's. */
  readonly commandContext: () => CommandContext;
  /** Has the user edit a text in their editor. (Default: there is no terminal for one) */
  readonly editText?: ((text: string) => Promise<string>) | undefined;
  /** What the places of the user's files depend on. (Default: not known) */
  readonly surroundings?: Pick<Surroundings, 'env' | 'cwd'> | undefined;
}

/** What the status line shows. */
export interface Health {
  readonly database: 'up' | 'down' | 'unknown';
  readonly eventStore: 'up' | 'down' | 'unknown';
  readonly gateway: 'up' | 'down' | 'unknown';
  /** Where the gateway is asked; undefined: the settings name no port. */
  readonly gatewayUrl?: string | undefined;
  /** As the gateway says itself. */
  readonly gatewayVersion?: string | undefined;
  /** How old the oldest event is that a read table lacks, in milliseconds; 0: none is missing. */
  readonly lagMs: number | undefined;
  /** Why a read table stands still. */
  readonly stopped: string | undefined;
}

export interface Notice {
  readonly sinceMs: number;
  readonly tone: 'done' | 'warning' | 'error';
  readonly text: string;
}
