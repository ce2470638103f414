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

type Request = Pick<Dispatcher.DispatchOptions, 'method' | 'path' | 'headers'>;

/**
 * The heads of requests to one server. Most have the fields of the one before: what was checked then is not checked again, and
 * what was written is not written again.
 */
export class RequestHeads {
  readonly #host: string;
  #method = '';
  #path = '';
  #fields: readonly unknown[] = [];
  #bytes = Buffer.alloc(0);

  constructor(host: string) {
    this.#host = host;
  }

  /**
   * Writes the head of a request (RFC 9112, 3 and 5), each of whose values is one line, but for the length of its content and the
   * empty line.
   * @throws InvalidArgumentError for what can't be sent
   */
  write({ method, path, headers }: Request): Buffer {
    const fields = Array.isArray(headers) ? headers : Object.entries(headers ?? {}).flat();
    const known = this.#fields;
    let isKnown = method === this.#method && path === this.#path && fields.length === known.length;
    for (let at = 0; isKnown && at < fields.length; at += 1) isKnown = fields[at] === known[at];
    if (isKnown) return this.#bytes;
    const text = requestHead(method, path, fields, this.#host);
    this.#method = method;
    this.#path = path;
    this.#fields = fields.slice();
    this.#bytes = Buffer.from(text, 'latin1');
    return this.#bytes;
  }
}

function requestHead(method: string, path: string, fields: readonly unknown[], host: string): string {
  if (!PATH.test(path)) throw new errors.InvalidArgumentError('the path can’t be sent');
  if (!METHODS.has(method)) throw new errors.InvalidArgumentError('the method can’t be sent');
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (let at = 0; at < fields.length; at += 2) {
    const name = nameOf(fields[at]);
    const value = fields[at + 1];
    if (typeof value !== 'string' || !VALUE.test(value) || isNamed(name, OWN))
      throw new errors.InvalidArgumentError(`invalid ${name} header`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

function isNamed(name: string, names: ReadonlySet<string>): boolean {
  return names.has(name) || names.has(name.toLowerCase());
}

function nameOf(name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw new errors.InvalidArgumentError('invalid header name');
}
