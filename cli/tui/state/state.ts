import type { KeyOnScreen } from '../../../src/projections/tables/keyWindow.ts';
import type { ServerOnScreen } from '../../../src/projections/tables/serverWindow.ts';
import { NO_ACTIVITY, type ActivityPane } from './activity.ts';
import type { Findings } from './findings.ts';
import type { Screen } from './screen.ts';
import type { TextInput } from './textInput.ts';
import { EMPTY_TRAIL, type Trail } from './trail.ts';
import { FIRST_USAGE, type UsagePane } from './usagePane.ts';
import { emptyWindow, type Window } from './window.ts';

export const PANES = ['keys', 'servers', 'activity', 'audit', 'usage'] as const;
export type Pane = (typeof PANES)[number];

/** What the status line says. */
export interface Health {
  readonly database: 'up' | 'down' | 'unknown';
  readonly eventStore: 'up' | 'down' | 'unknown';
  /** Undefined: nobody knows. */
  readonly gateway: 'up' | 'down' | 'unknown';
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

/** A change or a call that is under way. */
export interface Work {
  readonly id: number;
  /** As in: Creating the key. */
  readonly says: string;
  readonly sinceMs: number;
  /** It changes something, so leaving waits for it. */
  readonly isChange: boolean;
}

/** How much a key was used. */
export interface KeyUsage {
  /** Of the last hour, the oldest first. */
  readonly calls: readonly number[];
  readonly lastUsed: Date | undefined;
}

/** Everything that the screen shows. */
export interface State {
  readonly version: string;
  readonly nowMs: number;
  readonly size: { readonly columns: number; readonly rows: number };
  readonly pane: Pane;
  /** What lies over the pane; the last one is what the user sees. */
  readonly screens: readonly Screen[];
  /** While a filter is being typed. */
  readonly filtering: TextInput | undefined;
  readonly keys: Window<KeyOnScreen>;
  readonly includeDeleted: boolean;
  readonly keyUsage: ReadonlyMap<string, KeyUsage>;
  readonly usageReadMs: number;
  readonly servers: Window<ServerOnScreen>;
  /** By the server's name. */
  readonly findings: ReadonlyMap<string, Findings>;
  readonly activity: ActivityPane;
  readonly trail: Trail;
  readonly usage: UsagePane;
  readonly health: Health;
  readonly notice: Notice | undefined;
  readonly work: readonly Work[];
  readonly lastWork: number;
  /** The user wants to leave as soon as nothing is under way any more, with this exit code. */
  readonly leaving: { readonly code: number; readonly sinceMs: number } | undefined;
}

/** Makes the state at the start. */
export function initialState(given: Pick<State, 'version' | 'nowMs' | 'size'>): State {
  return {
    ...given,
    pane: 'keys',
    screens: [],
    filtering: undefined,
    keys: emptyWindow(),
    includeDeleted: false,
    keyUsage: new Map(),
    usageReadMs: 0,
    servers: emptyWindow(),
    findings: new Map(),
    activity: NO_ACTIVITY,
    trail: EMPTY_TRAIL,
    usage: FIRST_USAGE,
    health: { database: 'unknown', eventStore: 'unknown', gateway: 'unknown', lagMs: undefined, stopped: undefined },
    notice: undefined,
    work: [],
    lastWork: 0,
    leaving: undefined,
  };
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

/** What the user looks at, over the pane. */
export function topScreen({ screens }: Pick<State, 'screens'>): Screen | undefined {
  return screens.at(-1);
}

/** Replaces what the user looks at. */
export function withTop(state: State, screen: Screen): State {
  return { ...state, screens: [...state.screens.slice(0, -1), screen] };
}

/** Lays something over what the user looks at. */
export function push(state: State, screen: Screen): State {
  return { ...state, screens: [...state.screens, screen], notice: undefined };
}

/** Takes the topmost away. */
export function pop(state: State): State {
  return { ...state, screens: state.screens.slice(0, -1) };
}
