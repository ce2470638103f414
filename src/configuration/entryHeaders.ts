import { isGatewaysOwn } from '../administration/checkSecrets.ts';
import { isReservedMember } from '../reservedMembers.ts';
import { pairsMember, textMember, type JsonRecord } from './entryMembers.ts';
import { Faulty, invalidEntry } from './faulty.ts';
import { isLiteral, type Template } from './template.ts';

/** Headers of an entry, and what people should know of those that are left out. */
export interface EntryHeaders {
  readonly headers: Readonly<Record<string, Template>>;
  readonly notes: readonly string[];
}

type Pair = readonly [name: string, value: Template | undefined];

/** Reads `headers`, and Codex’s `http_headers`, `env_http_headers` (name: variable) and `bearer_token_env_var`. @throws Faulty */
export function entryHeaders(entry: JsonRecord, template: (text: string) => Template): EntryHeaders {
  const bearer = textMember(entry, 'bearer_token_env_var');
  const parsed = (member: string, parse: (text: string) => Template): Pair[] =>
    pairsMember(entry, member).map(([name, text]) => [name, text === undefined ? undefined : parse(text)]);
  return keepHeaders([
    ...parsed('headers', template),
    ...parsed('http_headers', template),
    ...parsed('env_http_headers', (name) => variable('env_http_headers', name)),
    ...(bearer === undefined
      ? []
      : [['Authorization', ['Bearer ', ...variable('bearer_token_env_var', bearer)]] as const]),
  ]);
}

/** Keeps what can be sent. A header's name has no case (RFC 9110, 5.1); of two, one would be lost. @throws Faulty */
export function keepHeaders(pairs: readonly Pair[]): EntryHeaders {
  const headers = new Map<string, readonly [name: string, value: Template]>();
  const own: string[] = [];
  const empty: string[] = [];
  for (const [name, value] of pairs) {
    const folded = name.toLowerCase();
    if (isReservedMember(name)) throw new Faulty('refuse', 'member-reserved', `a header can’t be called ${name}`);
    if (!isLiteral(name)) {
      throw invalidEntry('one of its headers has a placeholder for a name');
    }
    if (isGatewaysOwn(folded)) own.push(name);
    else if (value === undefined || value.length === 0) empty.push(name);
    else if (headers.has(folded)) throw new Faulty('refuse', 'header-repeated', `the header ${name} is there twice`);
    else headers.set(folded, [name, value]);
  }
  const notes = [
    ...(own.length === 0 ? [] : [`left out, because the gateway sends its own: ${own.join(', ')}`]),
    ...(empty.length === 0 ? [] : [`left out, because there is no value: ${empty.join(', ')}`]),
  ];
  return { headers: Object.fromEntries(headers.values()), notes };
}

/** Reads the name of a variable. Who puts the secret itself there must not see it in a message. */
function variable(member: string, name: string): Template {
  const looksLikeSecret = name.length >= 20 && /[a-z]/.test(name) && /\d/.test(name);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || looksLikeSecret) {
    throw invalidEntry(`its ${member} is no name of a variable; the secret itself belongs into that variable`);
  }
  return [{ kind: 'env', name, fallback: undefined }];
}
