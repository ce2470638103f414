/** A string, which may hold what looks like a comment; or a comment. One that is not closed reaches to the end, and is none. */
const STRING_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"|\/\/[^\r\n]*|\/\*(?:[^]*?\*\/|[^]*)/g;

/** Puts spaces in the place of comments, as VS Code writes them into JSON; every line and column stays where it is. */
export function withoutJsonComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (found) => {
    const isComment = found.startsWith('//') || (found.startsWith('/*') && found.length >= 4 && found.endsWith('*/'));
    return isComment ? found.replace(/[^\r\n]/g, ' ') : found;
  });
}
