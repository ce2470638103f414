import type { z } from 'zod';

/** More values than these are not listed. */
const MAX_CHOICES = 20;

/**
 * What is wrong with a value, as the end of a sentence that names it: “must be a text, not a number”. A message that the schema
 * has of its own goes before it. For the `error` of a parse, for zod's words are for programmers. The value is never repeated.
 */
export function plainFault(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return wrongKind(kindOf(issue.expected), issue.input);
    case 'unrecognized_keys':
      return `has ${issue.keys.length === 1 ? 'a member' : 'members'} that it can’t have: ${issue.keys.slice(0, MAX_CHOICES).join(', ')}`;
    case 'invalid_value':
      if (issue.input === undefined) return 'is missing';
      return `must be ${choices(issue.values)}`;
    case 'too_small':
      return boundFault(issue.origin, 'at least', issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return boundFault(issue.origin, 'at most', issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? 'written in another way'}`;
    case 'invalid_union':
      if (issue.input === undefined) return 'is missing';
      return unionFault(issue.errors, issue.input);
    case 'invalid_key':
      return `has a name that it can’t have${firstMessage(issue.issues)}`;
    case 'invalid_element':
      return `has an item that it can’t have${firstMessage(issue.issues)}`;
    case 'custom':
    default:
      return 'is not valid';
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping of names to values',
  record: 'a mapping of names to values',
  map: 'a mapping of names to values',
  array: 'a list',
  tuple: 'a list',
  set: 'a list',
  null: 'null',
  undefined: 'absent',
  date: 'a time',
  nan: 'a number',
};

const FORMATS: Readonly<Record<string, string>> = {
  url: 'a URL, such as https://host/path',
  uuid: 'an id (a UUID)',
  datetime: 'a time such as 2030-01-31T00:00:00Z',
  date: 'a date such as 2030-01-31',
  time: 'a time of day such as 13:30:00',
  duration: 'a duration',
  email: 'an e-mail address',
  ipv4: 'an IP address',
  ipv6: 'an IP address',
  base64: 'in Base64',
  base64url: 'in Base64 for URLs',
  json_string: 'JSON',
  safeint: 'a whole number below 9007199254740992',
  int32: 'a whole number below 2147483648',
  uint32: 'a whole number from 0 to 4294967295',
};

function kindOf(expected: string): string {
  return KINDS[expected] ?? expected;
}

function wrongKind(wanted: string, value: unknown): string {
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : kindOf(typeof value);
  // A text that was to be read as a number comes as NaN, and a fraction is a number, too.
  return typeof value === 'number' && wanted.endsWith('number')
    ? `must be ${wanted}`
    : `must be ${wanted}, not ${found}`;
}

function choices(values: readonly unknown[]): string {
  const shown = values
    .slice(0, MAX_CHOICES)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  if (values.length > MAX_CHOICES) return `one of ${shown.join(', ')}, …`;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} or ${last}`;
}

function boundFault(origin: string, countWord: string, valueWord: string, bound: number | bigint): string {
  if (origin === 'string') return `must have ${countWord} ${plural(bound, 'character')}`;
  if (origin === 'array' || origin === 'set' || origin === 'tuple')
    return `must have ${countWord} ${plural(bound, 'item')}`;
  if (origin === 'object' || origin === 'record' || origin === 'map')
    return `must have ${countWord} ${plural(bound, 'member')}`;
  return `must be ${valueWord} ${bound}`;
}

function plural(count: number | bigint, noun: string): string {
  return `${count} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** The fault of the kind that was meant, where the value is of one; else the kinds that there are. */
function unionFault(errors: readonly (readonly z.core.$ZodIssue[])[], input: unknown): string {
  const ofAnotherKind = errors.map((issues) =>
    issues.find(
      (issue) => issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value'),
    ),
  );
  const meant = errors.find((_issues, at) => ofAnotherKind[at] === undefined)?.[0];
  if (meant !== undefined)
    return `${meant.path.length === 0 ? '' : `${meant.path.map(String).join('.')} `}${meant.message}`;
  const kinds = ofAnotherKind.flatMap((issue) => {
    if (issue?.code === 'invalid_type') return [kindOf(issue.expected)];
    return issue?.code === 'invalid_value' ? [choices(issue.values)] : [];
  });
  const unique = [...new Set(kinds)];
  return unique.length === 0 ? 'is not valid' : wrongKind(unique.join(' or '), input);
}

function firstMessage(issues: readonly z.core.$ZodIssue[]): string {
  const [first] = issues;
  return first === undefined ? '' : `: it ${first.message}`;
}
