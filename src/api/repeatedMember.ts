import { JsonCursor } from '../mcp/jsonCursor.ts';

/**
 * Finds a member that an object of a valid JSON text has twice: JSON leaves open which of them counts (RFC 8259, 4), so
 * that whoever reads the request in between may take it for another one.
 * @param foreign a member of the outermost object into which nobody looks: it belongs to somebody else
 * @returns its path
 */
export function findRepeatedMember(json: string, foreign?: string): readonly string[] | undefined {
  return repeatedIn(new JsonCursor(json), foreign);
}

function repeatedIn(cursor: JsonCursor, foreign: string | undefined): string[] | undefined {
  const opening = cursor.skipSpace();
  if (opening === '{') {
    const seen = new Set<string>();
    cursor.enter();
    for (let member = cursor.nextMember(); member !== undefined; member = cursor.nextMember()) {
      const { name } = member;
      if (seen.has(name)) return [name];
      seen.add(name);
      if (name === foreign) cursor.skipValue();
      else {
        const within = repeatedIn(cursor, undefined);
        if (within !== undefined) return [name, ...within];
      }
    }
  } else if (opening === '[') {
    cursor.enter();
    for (let at = 0; cursor.nextElement(']'); at++) {
      const within = repeatedIn(cursor, undefined);
      if (within !== undefined) return [String(at), ...within];
    }
  } else cursor.skipValue();
  return undefined;
}
