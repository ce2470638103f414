import { foldedName } from '../mcp/foldedName.ts';
import { JsonCursor } from '../mcp/jsonCursor.ts';
import { edited, type Edit } from './jsonPlaces.ts';

type MayUse = (tool: string) => boolean;

/** An element of an array, as a place in the text. */
interface Element {
  readonly from: number;
  readonly to: number;
  readonly granted: boolean;
}

/** Moves over a tool, and says whether it stays; a text: what stands in its place. */
type JudgeTool = (cursor: JsonCursor) => boolean | string;

/**
 * Cuts the tools that are not granted out of a message, a valid JSON text: any with `result.tools` is a tool list. All else
 * stays as the server wrote it. Members that are there twice, or in other case, are all looked at: parsers differ in which of
 * them counts, and none is to see a tool that is not granted.
 */
export function filterTools(json: string, mayUse: MayUse): string {
  return editTools(json, (cursor) => isGranted(cursor, mayUse));
}

/** Cuts or changes the tools of a message, as `judge` says of each. */
export function editTools(json: string, judge: JudgeTool): string {
  const edits: Edit[] = [];
  const cursor = new JsonCursor(json);
  if (cursor.skipSpace() === '[') eachElement(cursor, () => editMessage(cursor, judge, edits));
  else editMessage(cursor, judge, edits);
  return edits.length === 0 ? json : edited(json, edits);
}

function editMessage(cursor: JsonCursor, judge: JudgeTool, edits: Edit[]): void {
  eachMember(cursor, 'result', () => {
    eachMember(cursor, 'tools', () => {
      editList(cursor, judge, edits);
    });
  });
}

function editList(cursor: JsonCursor, judge: JudgeTool, edits: Edit[]): void {
  const from = cursor.at;
  if (cursor.skipSpace() !== '[') {
    cursor.skipValue();
    edits.push({ from, to: cursor.at, text: '[]' });
    return;
  }
  const elements: Element[] = [];
  const changes: Edit[] = [];
  eachElement(cursor, () => {
    const start = cursor.at;
    const judged = judge(cursor);
    elements.push({ from: start, to: cursor.at, granted: judged !== false });
    if (typeof judged === 'string') changes.push({ from: start, to: cursor.at, text: judged });
  });
  edits.push(...[...cuts(elements), ...changes].sort((a, b) => a.from - b.from));
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
function isGranted(cursor: JsonCursor, mayUse: MayUse): boolean {
  let named = false;
  let granted = true;
  eachMember(cursor, 'name', (name) => {
    const from = cursor.at;
    const isText = cursor.skipSpace() === '"';
    cursor.skipValue();
    if (!isText || !mayUse(String(JSON.parse(cursor.json.slice(from, cursor.at))))) granted = false;
    if (name === 'name') named = true;
  });
  return named && granted;
}

/** Moves over a value; within an object `visit` moves over each member of that name, in whatever case. */
function eachMember(cursor: JsonCursor, wanted: string, visit: (name: string) => void): void {
  if (cursor.skipSpace() !== '{') {
    cursor.skipValue();
    return;
  }
  cursor.enter();
  for (let member = cursor.nextMember(); member !== undefined; member = cursor.nextMember()) {
    if (foldedName(member.name) === wanted) visit(member.name);
    else cursor.skipValue();
  }
}

/** Moves over an array; `visit` moves over each element. */
function eachElement(cursor: JsonCursor, visit: () => void): void {
  cursor.enter();
  while (cursor.nextElement(']')) visit();
}
