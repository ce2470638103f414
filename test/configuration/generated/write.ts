/** A text that stands in a file without quotes. */
export class Bare {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Writes JSON as people do: comments, commas at the end. */
export function writeJson(value: unknown, friendly: boolean, indent = ''): string {
  if (value instanceof Bare) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => inner + writeJson(item, friendly, inner))
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => `${inner}${JSON.stringify(name)}: ${writeJson(member, friendly, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (items.length === 0) return `${open}${close}`;
  const [comment, comma] = friendly ? [' // "a": 1, /* x', ','] : ['', ''];
  return `${open}${comment}\n${items.join(',\n')}${comma}\n${indent}${close}`;
}

/** Writes YAML in blocks. */
export function writeYaml(value: unknown, indent = ''): string {
  if (value instanceof Bare) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => `${indent}- ${writeYaml(item, inner).trimStart()}`)
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => `${indent}${JSON.stringify(name)}: ${writeYaml(member, inner)}`);
  if (lines.length === 0) return Array.isArray(value) ? '[]' : '{}';
  return `\n${lines.join('\n')}`;
}

/** Writes a table of TOML in one line; TOML has no null. */
export function writeToml(value: unknown): string {
  if (value instanceof Bare) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeToml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return `{ ${members.map(([name, member]) => `${JSON.stringify(name)} = ${writeToml(member)}`).join(', ')} }`;
}
