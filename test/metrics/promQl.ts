const KEYWORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
]);

/** A metric as an expression uses it. */
export interface Used {
  readonly name: string;
  /** Those that its series are chosen by. */
  readonly labels: readonly string[];
}

/** Finds the metrics in an expression of PromQL. */
export function metricsIn(expression: string): readonly Used[] {
  const text = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const found = text.matchAll(/(?<![\w$])(?<name>[a-zA-Z_:][\w:]*)(?!\w|\s*\()(?:\{(?<matchers>[^}]*)\})?/g);
  const outside = text.replace(/\{[^}]*\}/g, (matchers) => ' '.repeat(matchers.length));
  return [...found]
    .filter(
      ({ index, groups }) => outside.startsWith(groups?.['name'] ?? '', index) && !KEYWORDS.has(groups?.['name'] ?? ''),
    )
    .map(({ groups }) => ({
      name: groups?.['name'] ?? '',
      labels: [...(groups?.['matchers'] ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label ?? ''),
    }));
}
