/** A number with its JSON text. JavaScript would change it: 9007199254740993, 1e400, 1.10. `JSON.stringify` writes the text. */
export interface LosslessNumber {
  readonly rawJSON: string;
}

/** ECMAScript’s proposal “JSON.parse source text access”, which Node has since version 21. */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): LosslessNumber;
  isRawJSON(value: unknown): boolean;
};

/**
 * What stands in every text that has a number which JavaScript would write otherwise: a negative zero, an exponent, a zero at the end
 * of a fraction or six at its beginning, more than 15 digits; each where a number may begin, so that no id, date or version in a text
 * looks like one.
 */
const SUSPICION = /(?:^|[\s:[,])(?:-0(?=[\s,\]}]|$)|-?(?:[\d.]+[eE]|\d+\.\d*0(?=[\s,\]}]|$)|0\.0{6}|[\d.]{16}))/;

/**
 * Parses JSON. A number that JavaScript would write otherwise becomes a LosslessNumber, so that it keeps its text. The depth of a
 * foreign text is to be bounded before (`findExcess`).
 * @throws SyntaxError
 */
export function parseLossless(text: string): unknown {
  // A reviver takes seven times as long (measured), and most texts have no such number.
  if (!SUSPICION.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? json.rawJSON(source) : value,
  );
}

/** Writes JSON; every number from parseLossless has the text that it came with. */
export function stringifyLossless(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent);
}

/** Tells a number with its text from an object. */
export function isLosslessNumber(value: unknown): value is LosslessNumber {
  return json.isRawJSON(value);
}
