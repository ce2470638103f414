import { readLimit, type Rate } from '../events/readLimit.ts';

/** A value that a setting may have. */
interface Allowed<Value> {
  readonly value: Value;
}

/** What a setting may be: the check of its value, how a variable’s text becomes one, and the same in words. */
export interface SettingType<Value> {
  /** Makes the setting’s value of what is written in the file; undefined: it may not be that. */
  readonly check: (written: unknown) => Allowed<Value> | undefined;
  /** Reads a variable’s text. What it can’t read stays as it is, for the check to refuse. */
  readonly read: (text: string) => unknown;
  /** The end of “must be …”, and the column of docs/configuration.md. */
  readonly allowed: string;
  /** Of a number, for docs/configuration.md. */
  readonly unit?: string;
}

const asIs = (text: string): string => text;
/** A value that is of the kind is allowed as it is. */
const when =
  <Value>(isAllowed: (written: unknown) => written is Value) =>
  (written: unknown): Allowed<Value> | undefined =>
    isAllowed(written) ? { value: written } : undefined;
const isText = (written: unknown): written is string => typeof written === 'string';
const asNumber = (text: string): unknown => (/^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text);

/** Makes the type of a text. @param allowed ends “must be …” */
export function text(
  allowed = 'a text',
  isAllowed: (text: string) => boolean = (text) => text !== '',
): SettingType<string> {
  const isAllowedText = (written: unknown): written is string => isText(written) && isAllowed(written);
  return { check: when(isAllowedText), read: asIs, allowed };
}

/**
 * Makes the type of a path. A shell replaces a `~` before a program sees it; in `.env`, a file or a unit of systemd nobody does, and a
 * folder of that name would be made where the program happens to run.
 */
export function path(what: string): SettingType<string> {
  return text(`${what} (no ~ here: only a shell replaces it)`, (path) => path !== '' && !/^~(?:\/|$)/.test(path));
}

export interface Range {
  readonly min: number;
  readonly max?: number;
  readonly unit?: string;
}

/** Makes the type of a whole number. */
export function wholeNumber({ min, max = Number.MAX_SAFE_INTEGER, unit }: Range): SettingType<number> {
  const allowed =
    max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`;
  const check = when(
    (written): written is number => Number.isSafeInteger(written) && Number(written) >= min && Number(written) <= max,
  );
  return { check, read: asNumber, allowed, ...(unit === undefined ? {} : { unit }) };
}

/** Makes the type of a time that is written in seconds; its value is in milliseconds. */
export function seconds(range: Range): SettingType<number> {
  const { check, ...rest } = wholeNumber({ ...range, unit: 's' });
  return {
    ...rest,
    check: (written) => {
      const found = check(written);
      return found && { value: found.value * 1_000 };
    },
  };
}

/** Makes the type of a share. */
export function share(): SettingType<number> {
  const isShare = (written: unknown): written is number => typeof written === 'number' && written >= 0 && written <= 1;
  return { check: when(isShare), read: asNumber, allowed: 'a number from 0 to 1' };
}

/** Makes the type of a rate, written as `requests=100/s` of a key without its beginning; 0 has no value: as many as one likes. */
export function rate(): SettingType<Rate | undefined> {
  const rateOf = (text: string): Rate | undefined => {
    const { count, windowMs } = readLimit(`requests=${text}`) ?? {};
    return count === undefined || windowMs === undefined ? undefined : { text, count, windowMs };
  };
  return {
    check: (written) => {
      if (!isText(written)) return undefined;
      const value = rateOf(written);
      return value !== undefined || written === '0' ? { value } : undefined;
    },
    read: asIs,
    allowed: 'a number and a time, as 100/s or 1000/m, or 0',
  };
}

/** Makes the type of one of several words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words): SettingType<Words[number]> {
  const isWord = (written: unknown): written is Words[number] => words.some((word) => word === written);
  return { check: when(isWord), read: asIs, allowed: `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}` };
}

/** Makes the type of what is on or off. */
export function onOrOff(): SettingType<boolean> {
  return {
    check: when((written) => typeof written === 'boolean'),
    read: (text) => (/^(on|true)$/.test(text) ? true : /^(off|false)$/.test(text) ? false : text),
    allowed: 'true or false (on or off)',
  };
}

/** Makes the type of a list, whose items commas separate in a variable. */
export function list(what: string, isAllowed: (item: string) => boolean = () => true): SettingType<readonly string[]> {
  return {
    check: when(
      (written): written is readonly string[] =>
        Array.isArray(written) && written.every((item) => isText(item) && item !== '' && isAllowed(item)),
    ),
    read: (text) => text.split(',').map((item) => item.trim()),
    allowed: `a list of ${what}`,
  };
}

/** Makes the type of a URL with one of several beginnings. */
export function url(beginnings: readonly string[]): SettingType<string> {
  const isAllowed = (text: string) =>
    beginnings.some((beginning) => text.startsWith(beginning) && text.length > beginning.length) &&
    URL.canParse(text) &&
    isDecodable(text);
  return text(
    `a URL that begins with ${beginnings.join(' or ')}, with special characters in it written as %XX`,
    isAllowed,
  );
}

/** Makes the type of a URL in which no secret stands: it is shown. */
export function plainUrl(): SettingType<string> {
  const isPlain = (text: string) => {
    const parsed = URL.parse(text);
    return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.password === '';
  };
  return text('a URL that begins with http:// or https://, without a user or a password', isPlain);
}

/** An address of a gateway: it may be that of a private network, but has neither a path nor a user. Its value is the origin. */
export function origin(): SettingType<string> {
  const isOrigin = (text: string) => {
    const parsed = URL.parse(text);
    return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.href === `${parsed.origin}/`;
  };
  return {
    check: (written) => (isText(written) && isOrigin(written) ? { value: new URL(written).origin } : undefined),
    read: asIs,
    allowed: 'an address without a path, such as http://10.0.0.5:12009',
  };
}

/** Tells whether all %XX in a text stand for characters. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
