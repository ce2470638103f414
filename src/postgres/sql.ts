/** One SQL statement with its parameters: made by the `sql` tag only, so a value can never become SQL text. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Builds a parameterised statement: each interpolated value becomes `$1`, `$2`, … */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): SqlStatement {
  return { text: strings.reduce((text, part, i) => `${text}$${String(i)}${part}`), values };
}
