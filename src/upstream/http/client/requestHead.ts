import { errors, type Dispatcher } from 'undici';

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const PATH = /^\/[\x21-\x7e\x80-\xff]*$/;

/** The answers to others (HEAD, CONNECT) have their lengths in other ways (RFC 9112, 6.3). */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE']);

/** What is said of the message and the connection here, and nowhere else. */
const OWN: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Writes the head of a request (RFC 9112, 3 and 5), each of whose values is one line.
 * @param length of its content in bytes; undefined: it has none
 * @throws InvalidArgumentError for what can't be sent
 */
export function requestHead(
  { method, path, headers }: Pick<Dispatcher.DispatchOptions, 'method' | 'path' | 'headers'>,
  host: string,
  length: number | undefined,
): string {
  if (!PATH.test(path)) throw new errors.InvalidArgumentError('the path can’t be sent');
  if (!METHODS.has(method)) throw new errors.InvalidArgumentError('the method can’t be sent');
  let fields = '';
  const add = (name: string, value: unknown): void => {
    if (typeof value !== 'string' || !VALUE.test(value))
      throw new errors.InvalidArgumentError(`invalid ${name} header`);
    // Few names are longer, and those are not looked up.
    if (name.length <= 17 && isNamed(name, OWN)) throw new errors.InvalidArgumentError(`invalid ${name} header`);
    fields += `${name}: ${value}\r\n`;
  };
  if (Array.isArray(headers)) {
    for (let at = 0; at < headers.length; at += 2) add(nameOf(headers[at]), headers[at + 1]);
  } else {
    for (const [name, value] of Object.entries(headers ?? {})) add(nameOf(name), value);
  }
  const content = length === undefined ? '' : `content-length: ${length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n${fields}${content}\r\n`;
}

function isNamed(name: string, names: ReadonlySet<string>): boolean {
  return names.has(name) || names.has(name.toLowerCase());
}

function nameOf(name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw new errors.InvalidArgumentError('invalid header name');
}
