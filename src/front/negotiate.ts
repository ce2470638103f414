import { Invalid } from '../errors/appError.ts';

interface MediaRange {
  readonly type: string;
  /** From 0 to 1; 0: not at all. */
  readonly quality: number;
}

/** More than any client names; reading them costs time. */
const MAX_RANGES = 100;

/**
 * Chooses the media type of an answer (RFC 9110, 12.5.1): the one that the client prefers, and of equal ones the first that is
 * offered. The most specific range that covers a type decides about it; other parameters than `q` are not looked at. Without an
 * `Accept` header the first one is chosen.
 * @param offered in lower case
 * @throws Invalid `not-acceptable` where the client takes none of them
 */
export function negotiate<Type extends string>(
  accept: string | undefined,
  [first, ...others]: readonly [Type, ...Type[]],
): Type {
  if (accept === undefined || accept.trim() === '') return first;
  const ranges = rangesOf(accept);
  let best: { readonly type: Type; readonly quality: number } | undefined;
  for (const type of [first, ...others]) {
    const quality = qualityOf(type, ranges);
    if (quality > (best?.quality ?? 0)) best = { type, quality };
  }
  if (best !== undefined) return best.type;
  const types = [first, ...others].join(' or ');
  throw new Invalid(
    'not-acceptable',
    `The answer is ${types}, and the Accept header takes neither: name one of them.`,
    {
      data: { types: [first, ...others] },
    },
  );
}

/** Tells whether a client takes a page for people rather than JSON: browsers do that for what is opened in them, and programs don't. */
export function prefersHtml(accept: string | undefined): boolean {
  const ranges = rangesOf(accept ?? '');
  return qualityOf('text/html', ranges) > qualityOf('application/json', ranges);
}

function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const [group = ''] = type.split('/');
  for (const wanted of [type, `${group}/*`, '*/*']) {
    const found = ranges.filter((range) => range.type === wanted);
    if (found.length > 0) return Math.max(...found.map(({ quality }) => quality));
  }
  return 0;
}

function rangesOf(accept: string): MediaRange[] {
  // A quoted value may hold a comma or a semicolon.
  const plain = accept.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return plain
    .split(',', MAX_RANGES)
    .map((text) => {
      const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
      return { type, quality: weight === undefined ? 1 : readQuality(weight) };
    })
    .filter(({ type }) => type !== '');
}

/** A weight that is none counts as the least (RFC 9110, 12.4.2). */
function readQuality(weight: string): number {
  const value = Number(/^q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(weight)?.[1] ?? 0);
  return Math.min(1, value);
}
