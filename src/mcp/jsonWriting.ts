import { STEP_CHARACTERS, type Steps } from '../slices.ts';
import { endOfPiece } from '../utf8Steps.ts';
import { isJsonObject, type JsonObject } from './jsonRpc.ts';

/** Values that are written in one step. */
const STEP_VALUES = 2_000;
/** Names that are sorted in one step. */
const RUN_NAMES = 2_000;

/** How JSON is written. A place is what the form needs to know of where a value stands. */
export interface JsonForm<Place> {
  /** The names of an object's members, in the order in which they are written. */
  namesOf(object: JsonObject): Steps<readonly string[]>;
  /** Writes what is neither object nor array. */
  writeScalar(value: unknown): string;
  /** Gives a member's value as it is to be written, and the place of it. */
  member(name: string, value: unknown, place: Place): { readonly value: unknown; readonly place: Place };
}

/** An object or array that is being written. */
interface Open<Place> {
  readonly container: JsonObject | readonly unknown[];
  readonly names: readonly string[] | undefined;
  readonly place: Place;
  at: number;
}

/** Tells whether a value takes one step to write. */
export function isShort(value: unknown): boolean {
  return roomBehind(value, STEP_CHARACTERS) >= 0;
}

/**
 * Writes a value, step by step, without recursion: for one that is not short.
 * @param put gets the text in pieces, none of which ends within a character
 */
export function* writeSteps<Place>(
  root: unknown,
  rootPlace: Place,
  form: JsonForm<Place>,
  put: (text: string) => void,
): Steps<undefined> {
  const opened: Open<Place>[] = [];
  let value = root;
  let place = rootPlace;
  let text = '';
  for (let values = 1; ; values += 1) {
    if (Array.isArray(value)) {
      text += '[';
      opened.push({ container: value as readonly unknown[], names: undefined, place, at: 0 });
    } else if (isJsonObject(value)) {
      text += '{';
      opened.push({ container: value, names: yield* form.namesOf(value), place, at: 0 });
    } else if (typeof value === 'string' && value.length > STEP_CHARACTERS) {
      put(text);
      text = '';
      yield* writeLongText(value, put);
    } else text += form.writeScalar(value);
    if (text.length >= STEP_CHARACTERS || values % STEP_VALUES === 0) {
      put(text);
      text = '';
      yield;
    }
    let open = opened.at(-1);
    while (open !== undefined && open.at === lengthOf(open)) {
      text += open.names === undefined ? ']' : '}';
      opened.pop();
      open = opened.at(-1);
    }
    if (open === undefined) break;
    const { container, names } = open;
    if (open.at > 0) text += ',';
    const name = names?.[open.at];
    if (name === undefined) {
      value = (container as readonly unknown[])[open.at];
      place = open.place;
    } else {
      text += `${JSON.stringify(name)}:`;
      ({ value, place } = form.member(name, (container as JsonObject)[name], open.place));
    }
    open.at += 1;
  }
  put(text);
  return undefined;
}

/** Sorts names as `sort` does, step by step. */
export function* sortSteps(names: readonly string[]): Steps<readonly string[]> {
  let runs: (readonly string[])[] = [];
  for (let at = 0; at < names.length; at += RUN_NAMES) {
    runs.push(names.slice(at, at + RUN_NAMES).sort());
    if (names.length > RUN_NAMES) yield;
  }
  while (runs.length > 1) {
    const longer: (readonly string[])[] = [];
    for (let at = 0; at < runs.length; at += 2) longer.push(yield* merged(runs[at] ?? [], runs[at + 1] ?? []));
    runs = longer;
  }
  return runs[0] ?? [];
}

function* merged(one: readonly string[], other: readonly string[]): Steps<readonly string[]> {
  const all: string[] = [];
  let at = 0;
  for (const name of one) {
    for (let next = other[at]; next !== undefined && next < name; next = other[at]) {
      all.push(next);
      at += 1;
    }
    all.push(name);
    if (all.length % RUN_NAMES === 0) yield;
  }
  for (; at < other.length; at += 1) all.push(other[at] ?? '');
  return all;
}

function* writeLongText(text: string, put: (text: string) => void): Steps<undefined> {
  put('"');
  for (let from = 0; from < text.length;) {
    const to = endOfPiece(text, from);
    put(JSON.stringify(text.slice(from, to)).slice(1, -1));
    from = to;
    yield;
  }
  put('"');
  return undefined;
}

function lengthOf<Place>({ names, container }: Open<Place>): number {
  return (names ?? (container as readonly unknown[])).length;
}

/** What is left of a room in characters when a value has been written, about; negative as soon as it is not enough. */
function roomBehind(value: unknown, room: number): number {
  if (typeof value === 'string') return room - value.length - 2;
  if (typeof value !== 'object' || value === null) return room - 1;
  let left = room - 2;
  if (Array.isArray(value)) {
    if (value.length > left) return -1;
    for (const each of value) if ((left = roomBehind(each, left)) < 0) return left;
    return left;
  }
  for (const name of Object.keys(value)) {
    left = roomBehind((value as JsonObject)[name], left - name.length - 3);
    if (left < 0) return left;
  }
  return left;
}
