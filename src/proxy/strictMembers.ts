import { foldedName } from '../mcp/foldedName.ts';
import { JsonCursor } from '../mcp/jsonCursor.ts';
import { RELATED_TASK } from '../mcp/taskNames.ts';
import { atOnce, STEP_CHARACTERS, type Steps } from '../slices.ts';

/** Members that decide what a message does: no other spelling of them may be there. */
const DECIDING = [
  'jsonrpc',
  'id',
  'method',
  'params',
  'result',
  'error',
  'name',
  'uri',
  'ref',
  '_meta',
  'notifications',
  'task',
  'taskId',
  'taskIds',
  'tasksStatus',
  RELATED_TASK,
];

/** How each of them is spelled, by its folded name. */
const SPELLING = new Map(DECIDING.map((name) => [foldedName(name), name]));

/** How deep in a message a value is: what lies deeper than these is the tool's business. */
const MESSAGE = 0;
const PARAMS = 1;
/** An object in `params` or `result` whose own members decide something too. */
const DECIDING_OBJECT = 2;
const TASK = 3;
const DEEPER = 4;

/**
 * Tells whether every parser reads the same message in a valid JSON text: no member of it, of its `params` or `result`, and of
 * what in these decides something is there twice, or in a second spelling. JSON leaves open which of two members counts
 * (RFC 8259, 4), and some parsers match names whatever their case. Nor may a name be written with escapes: V8 may take it for
 * one that it has seen before in this place (Node.js 24.21: after `{"a":0,"m\\u006":0}`, the name `m\u0065thod` is read as
 * `m\u006`), so that we would judge another message than the server reads.
 */
export function isReadOneWay(json: string): boolean {
  return atOnce(oneWaySteps(json));
}

/** As `isReadOneWay`, step by step. */
export function oneWaySteps(json: string): Steps<boolean> {
  return isUnambiguous(new JsonCursor(json), MESSAGE);
}

/** Moves over the value that begins at the cursor, unless it is ambiguous. */
function* isUnambiguous(cursor: JsonCursor, depth: number): Steps<boolean> {
  const opening = cursor.skipSpace();
  let stepEnd = cursor.at + STEP_CHARACTERS;
  if (opening === '{' && depth < DEEPER) {
    const seen = new Set<string>();
    cursor.enter();
    for (let member = cursor.nextMember(); member !== undefined; member = cursor.nextMember()) {
      const { name, escaped } = member;
      const folded = foldedName(name);
      const spelling = SPELLING.get(folded);
      if (escaped || seen.has(folded) || (spelling !== undefined && name !== spelling)) return false;
      seen.add(folded);
      if (!(yield* isUnambiguous(cursor, depthOf(name, depth)))) return false;
      if (cursor.at < stepEnd) continue;
      stepEnd = cursor.at + STEP_CHARACTERS;
      yield;
    }
    return true;
  }
  if (opening === '[' && depth === MESSAGE) {
    cursor.enter();
    while (cursor.nextElement(']')) {
      if (!(yield* isUnambiguous(cursor, MESSAGE))) return false;
      if (cursor.at < stepEnd) continue;
      stepEnd = cursor.at + STEP_CHARACTERS;
      yield;
    }
    return true;
  }
  yield* cursor.skipSteps();
  return true;
}

function depthOf(name: string, depth: number): number {
  if (depth === MESSAGE && (name === 'params' || name === 'result')) return PARAMS;
  if (depth === PARAMS && (name === '_meta' || name === 'notifications')) return DECIDING_OBJECT;
  if (depth === DECIDING_OBJECT && name === RELATED_TASK) return TASK;
  return DEEPER;
}
