/** A line of a comparison: taken away, put there, or the same on both sides. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' ';
  readonly text: string;
}

/** Lines around a change that are shown with it. */
const CONTEXT = 2;

/** Compares two texts that differ in a few places, line by line; only what changed is left, and a little around it. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const a = before === '' ? [] : before.replace(/\r?\n$/, '').split(/\r?\n/);
  const b = after === '' ? [] : after.replace(/\r?\n$/, '').split(/\r?\n/);
  const lines = compare(a, b);
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  );
  return lines.filter((_, at) => near[at]);
}

/** By the longest common subsequence of what lies between the common beginning and the common end. */
function compare(a: readonly string[], b: readonly string[]): DiffLine[] {
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin += 1;
  let end = 0;
  while (end < a.length - begin && end < b.length - begin && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const same = (text: string): DiffLine => ({ sign: ' ', text });
  return [
    ...a.slice(0, begin).map(same),
    ...middle(a.slice(begin, a.length - end), b.slice(begin, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  // lengths[i][j]: of the longest common subsequence of a from i and b from j.
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = lengths[i];
    if (row === undefined) continue;
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: ' ', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: a[i] ?? '' });
      i += 1;
    } else {
      lines.push({ sign: '+', text: b[j] ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** A value with the name of a secret; a reference to one, or its placeholder, may be seen. */
const NAMED_SECRET =
  /((?:authorization|bearer|token|key|secret|passw|auth|cookie)[^:=]*["']?\s*[:=]\s*)(["'])(?!(?:Bearer )?(?:\$\{|PASTE_THE_KEY|METAMCP_KEY))[^"']{4,}\2/gi;

/** The same in YAML, whose values need no quotes. */
const PLAIN_SECRET =
  /((?:authorization|bearer|token|key|secret|passw|auth|cookie)[^:=]*:\s+)(?!["'{[|>]|(?:true|false|null|[\d.]+),?\s*$|(?:Bearer )?(?:\$\{|PASTE_THE_KEY|METAMCP_KEY))\S.{3,}$/gi;

/** What looks like a secret by itself: long, with a digit, and no word. */
const UNNAMED_SECRET = /(?<![\w-])(?=[A-Za-z_-]*\d)[\w-]{20,}/g;

/** Writes a comparison, one line each; what may be a secret in lines that were there before is left out. */
export function formatDiff(lines: readonly DiffLine[]): string[] {
  const gone = new Set(lines.filter(({ sign }) => sign === '-').map(({ text }) => itself(text)));
  return lines.map(({ sign, text }) => {
    const named = text.replace(NAMED_SECRET, '$1$2…$2').replace(PLAIN_SECRET, '$1…');
    const isNew = sign === '+' && !gone.has(itself(text));
    return `${sign} ${isNew ? named : named.replace(UNNAMED_SECRET, '…')}`.trimEnd();
  });
}

/** A line that was only moved is the same one. */
function itself(text: string): string {
  return text.replace(/,\s*$/, '').trim();
}
