/** What `JSON.stringify` leaves as it is, although a terminal acts on it or a reader is deceived: see escape.ts. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Writes a JSON document on one line that is safe to print: the same document, more characters as \uXXXX. */
export function jsonText(document: object): string {
  return JSON.stringify(document).replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, at) => asEscape(character.charCodeAt(at))).join(''),
  );
}

function asEscape(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, '0')}`;
}
