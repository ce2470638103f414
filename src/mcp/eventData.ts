/** The lines of one server-sent event, which ends with them or with a blank line. */
export function linesOf(event: string): string[] {
  return event.split(/\r\n|\n|\r/).filter((line) => line !== '');
}

/** The data of an event, its lines joined (WHATWG HTML, 9.2.6). */
export function dataOf(lines: readonly string[]): string {
  return lines.filter(isData).map(valueOf).join('\n');
}

/** Writes an event with other data; its other lines stay. */
export function withData(lines: readonly string[], data: string): string {
  const others = lines.filter((line) => !isData(line));
  // JSON that was written on several lines stays so.
  return `${[...others, ...data.split('\n').map((line) => `data: ${line}`)].join('\n')}\n\n`;
}

/** Changes the id in the lines of an event. One that is empty means that the stream can't be taken up again behind it. */
export function withEventId(lines: readonly string[], change: (id: string) => string): string[] {
  return lines.map((line) => {
    const id = line.startsWith('id:') ? line.slice(line.startsWith('id: ') ? 4 : 3) : '';
    return id === '' ? line : `id: ${change(id)}`;
  });
}

function isData(line: string): boolean {
  return line === 'data' || line.startsWith('data:');
}

function valueOf(line: string): string {
  return line.slice(line.startsWith('data: ') ? 6 : 5);
}
