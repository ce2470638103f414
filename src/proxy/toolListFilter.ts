import { foldedName } from '../mcp/foldedName.ts';
import { JsonCursor } from '../mcp/jsonCursor.ts';
import { STEP_CHARACTERS, type Steps } from '../slices.ts';
import { edited, type Edit } from './jsonPlaces.ts';

type MayUse = (tool: string) => boolean;

/** An element of an array, as a place in the text. */
interface Element {
  readonly from: number;
  readonly to: number;
  readonly granted: boolean;
}

/** Moves over a tool, and says whether it stays; a text: what stands in its place. */
type JudgeTool = (cursor: JsonCursor) => Steps<boolean | string>;

/**
 * Cuts the tools that are not granted out of a message, a valid JSON text: any with `result.tools` is a tool list. All else
 * stays as the server wrote it. Members that are there twice, or in other case, are all looked at: parsers differ in which of
 * them counts, and none is to see a tool that is not granted.
 */
export function filterTools(json: string, mayUse: MayUse): Steps<string> {
  return editTools(json, (cursor) => isGranted(cursor, mayUse));
}

/** Cuts or changes the tools of a message, as `judge` says of each. */
export function* editTools(json: string, judge: JudgeTool): Steps<string> {
  const edits: Edit[] = [];
  const cursor = new JsonCursor(json);
  if (cursor.skipSpace() === '[') yield* eachElement(cursor, () => editMessage(cursor, judge, edits));
  else yield* editMessage(cursor, judge, edits);
  return edits.length === 0 ? json : edited(json, edits);
}

function* editMessage(cursor: JsonCursor, judge: JudgeTool, edits: Edit[]): Steps<undefined> {
  yield* eachMember(cursor, 'result', () => eachMember(cursor, 'tools', () => editList(cursor, judge, edits)));
  return undefined;
}

function* editList(cursor: JsonCursor, judge: JudgeTool, edits: Edit[]): Steps<undefined> {
  const from = cursor.at;
  if (cursor.skipSpace() !== '[') {
    yield* cursor.skipSteps();
    edits.push({ from, to: cursor.at, text: '[]' });
    return undefined;
  }
  const elements: Element[] = [];
  const changes: Edit[] = [];
  yield* eachElement(cursor, function* () {
    const start = cursor.at;
    const judged = yield* judge(cursor);
    elements.push({ from: start, to: cursor.at, granted: judged !== false });
    if (typeof judged === 'string') changes.push({ from: start, to: cursor.at, text: judged });
    return undefined;
  });
  edits.push(...[...cuts(elements), ...changes].sort((a, b) => a.from - b.from));
  return undefined;
}

/** Those before the first one that stays go with the comma behind them, all others with the one before. */
function cuts(elements: readonly Element[]): Edit[] {
  const first = elements.findIndex(({ granted }) => granted);
  const start = elements[0]?.from ?? 0;
  if (first === -1) return elements.length === 0 ? [] : [{ from: start, to: elements.at(-1)?.to ?? start, text: '' }];
  const leading = first === 0 ? [] : [{ from: start, to: elements[first]?.from ?? start, text: '' }];
  const others = elements.flatMap(({ to, granted }, at) =>
    at < first || granted ? [] : [{ from: elements[at - 1]?.to ?? start, to, text: '' }],
  );
  return [...leading, ...others];
}

/** Moves over a tool. It is granted when each name that a parser may read in it is, and there is one. */
function* isGranted(cursor: JsonCursor, mayUse: MayUse): Steps<boolean> {
  let named = false;
  let granted = true;
  yield* eachMember(cursor, 'name', function* (name) {
    const from = cursor.at;
    const isText = cursor.skipSpace() === '"';
    yield* cursor.skipSteps();
    if (!isText || !mayUse(String(JSON.parse(cursor.json.slice(from, cursor.at))))) granted = false;
    if (name === 'name') named = true;
    return undefined;
  });
  return named && granted;
}

/** Moves over a value; within an object `visit` moves over each member of that name, in whatever case. */
function* eachMember(cursor: JsonCursor, wanted: string, visit: (name: string) => Steps<undefined>): Steps<undefined> {
  if (cursor.skipSpace() !== '{') return yield* cursor.skipSteps();
  cursor.enter();
  let stepEnd = cursor.at + STEP_CHARACTERS;
  for (let member = cursor.nextMember(); member !== undefined; member = cursor.nextMember()) {
    if (foldedName(member.name) === wanted) yield* visit(member.name);
    else yield* cursor.skipSteps();
    if (cursor.at < stepEnd) continue;
    stepEnd = cursor.at + STEP_CHARACTERS;
    yield;
  }
  return undefined;
}

/** Moves over an array; `visit` moves over each element. */
function* eachElement(cursor: JsonCursor, visit: () => Steps<undefined>): Steps<undefined> {
  cursor.enter();
  let stepEnd = cursor.at + STEP_CHARACTERS;
  while (cursor.nextElement(']')) {
    yield* visit();
    if (cursor.at < stepEnd) continue;
    stepEnd = cursor.at + STEP_CHARACTERS;
    yield;
  }
  return undefined;
}
