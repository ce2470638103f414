/**
 * Compiles a pattern in which `*` matches any run of characters, all else itself.
 * No regular expression: `a*a*a*b` would make one backtrack for as long as an attacker likes. Taking each part at its
 * leftmost place is always right when all wildcards are equal, and needs no way back.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  if (parts.length === 1) return (text) => text === first;
  const last = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    for (const part of middle) {
      const at = text.indexOf(part, from);
      if (at === -1) return false;
      from = at + part.length;
    }
    return from <= end;
  };
}
