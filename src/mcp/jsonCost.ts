import { Invalid, Limited, type AppError } from '../errors/appError.ts';
import { atOnce, type Steps } from '../slices.ts';
import { withoutByteOrderMark } from './byteOrderMark.ts';
import { PROMPTS, RESOURCE_TEMPLATES, RESOURCES, TOOLS } from './catalogueItems.ts';
import { JsonOutline } from './jsonOutline.ts';

/**
 * What parsing one text may cost, measured on V8 14: a text (mostly names that differ) takes up to 0.6 µs and 110 bytes, any other
 * value up to 0.06 µs and 64 bytes. So the dearest text holds the event loop up for about 150 ms and takes 100 MB.
 */
export const JSON_BOUNDS = {
  /** Far more than people write, far less than what writes JSON, by recursion, can bear. */
  depth: 1_000,
  values: 500_000,
  /** Texts, names of members among them. */
  strings: 200_000,
};

export type JsonBounds = Readonly<typeof JSON_BOUNDS>;

/** The same of settings, which are checked member by member, each fault being named: far more than any settings have. */
export const SETTINGS_BOUNDS: JsonBounds = { depth: 1_000, values: 20_000, strings: 20_000 };

/**
 * Of a page of a list: it is parsed in slices (`parseSteps`), which hold nobody up, so that memory alone bounds it. The dearest page
 * that we have tried takes some 250 MB while it is read; one of the usual 7 bytes and more for each text is whole at 10 MB and beyond.
 */
export const LIST_BOUNDS: JsonBounds = { depth: 1_000, values: 2_000_000, strings: 1_500_000 };

const LISTS: ReadonlySet<string | undefined> = new Set(
  [TOOLS, RESOURCES, RESOURCE_TEMPLATES, PROMPTS].map(({ method }) => method),
);

/** Finds what the answer to a request may cost. @param method undefined: it is not known */
export function answerBounds(method: string | undefined): JsonBounds {
  return LISTS.has(method) ? LIST_BOUNDS : JSON_BOUNDS;
}

/** A bound that a JSON text passes. */
export type JsonExcess = keyof JsonBounds;

/** A shorter text passes none of the bounds: a nesting of 1,001 alone takes 2,002 bytes. */
const HARMLESS_BYTES = 2 * JSON_BOUNDS.depth;

/** So much is looked at before the bounds are: what passes them early is not read on. */
const SLICE_BYTES = 65_536;

/** Tells which bound the outline of a JSON text passes; undefined when none. */
export function excessOf(
  { deepest, values, strings }: JsonOutline,
  bounds: JsonBounds = JSON_BOUNDS,
): JsonExcess | undefined {
  if (deepest > bounds.depth) return 'depth';
  if (strings > bounds.strings) return 'strings';
  return values > bounds.values ? 'values' : undefined;
}

/** Tells which bound a JSON text passes, without parsing it; undefined when none. */
export function findExcess(json: Buffer | string, bounds?: JsonBounds): JsonExcess | undefined {
  if (json.length <= HARMLESS_BYTES) return undefined;
  return atOnce(excessSteps(typeof json === 'string' ? Buffer.from(json) : json, bounds));
}

/** As `findExcess`, step by step. */
export function* excessSteps(json: Buffer, bounds?: JsonBounds): Steps<JsonExcess | undefined> {
  const outline = new JsonOutline();
  const text = withoutByteOrderMark(json);
  for (let at = 0; at < text.length; at += SLICE_BYTES) {
    outline.push(text.subarray(at, at + SLICE_BYTES));
    const excess = excessOf(outline, bounds);
    if (excess !== undefined) return excess;
    yield;
  }
  return undefined;
}

/** Describes what a text that passes a bound does. */
export function describeExcess(excess: JsonExcess, bounds: JsonBounds = JSON_BOUNDS): string {
  const bound = bounds[excess].toLocaleString('en');
  if (excess === 'depth') return `nests deeper than ${bound}`;
  return excess === 'values' ? `has more than ${bound} values` : `has more than ${bound} texts, names among them`;
}

/** The refusal of a request body that passes a bound. */
export function bodyTooCostly(excess: JsonExcess, bounds: JsonBounds = JSON_BOUNDS): AppError {
  const message = `The body ${describeExcess(excess, bounds)}.`;
  if (excess === 'depth') {
    return new Invalid('json-too-deep', `${message} Send it flatter.`, { data: { maxDepth: bounds.depth } });
  }
  const data = excess === 'values' ? { maxValues: bounds.values } : { maxStrings: bounds.strings };
  const remedy = 'Divide it between several requests, or send the data as one text, which may be long.';
  return new Limited('json-too-costly', `${message} ${remedy}`, { data });
}
