import { JsonCursor } from '../mcp/jsonCursor.ts';

/** Names of members that lead to the values looked for; `true` where one is. */
export interface Paths {
  readonly [name: string]: Paths | true;
}

/** Where in a JSON text the value of a member stands. */
export interface Place {
  /** Names from the root, joined by dots; `[]` for an element. */
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /**
   * What is to be cut out, so that the member is not there: with one of its commas. Of an object, all places are to be cut out
   * or none.
   */
  readonly cutFrom: number;
  readonly cutTo: number;
}

/** A part of a text, and what is to stand there. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Finds the values at some paths in a valid JSON text, or in each element of one, each time that one is there. */
export function placesOf(json: string, paths: Paths): Place[] {
  const places: Place[] = [];
  find(new JsonCursor(json), paths, '', places);
  return places;
}

/**
 * Changes parts of a text and nothing else: the numbers of a message that was parsed and written anew may be other ones.
 * @param edits in the order of the text
 */
export function edited(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.from) + edit.text;
    at = Math.max(at, edit.to);
  }
  return result + text.slice(at);
}

function find(cursor: JsonCursor, paths: Paths, prefix: string, places: Place[]): void {
  const opening = cursor.skipSpace();
  if (opening === '[' && prefix === '') {
    cursor.enter();
    while (cursor.nextElement(']')) find(cursor, paths, '[].', places);
    return;
  }
  if (opening !== '{') {
    cursor.skipValue();
    return;
  }
  cursor.enter();
  let endOfOther: number | undefined;
  for (let member = cursor.nextMember(); member !== undefined; member = cursor.nextMember()) {
    const { name, from: nameFrom } = member;
    const next = Object.hasOwn(paths, name) ? paths[name] : undefined;
    const from = cursor.at;
    if (next === undefined) cursor.skipValue();
    else if (next !== true) find(cursor, next, `${prefix}${name}.`, places);
    else {
      cursor.skipValue();
      const to = cursor.at;
      places.push({
        path: prefix + name,
        from,
        to,
        // A comma before it belongs to a member that stays, and so does one behind it where none stays before it.
        cutFrom: endOfOther ?? nameFrom,
        cutTo: endOfOther === undefined ? afterComma(cursor) : to,
      });
      continue;
    }
    endOfOther = cursor.at;
  }
}

/** Where the next member begins, if there is one, else where the last one ended. */
function afterComma(cursor: JsonCursor): number {
  const { at } = cursor;
  if (cursor.skipSpace() !== ',') {
    cursor.at = at;
    return at;
  }
  cursor.at++;
  const next = cursor.at;
  cursor.at = at;
  return next;
}
