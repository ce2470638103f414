import type { paths } from './openApi.gen.ts';

/** The methods that a path has. */
type MethodOf<Path extends keyof paths> = {
  [Method in keyof paths[Path]]-?: NonNullable<paths[Path][Method]> extends { responses: object } ? Method : never;
}[keyof paths[Path]];

type OperationOf<Path extends keyof paths, Method extends keyof paths[Path]> = NonNullable<paths[Path][Method]>;

/** What an operation takes: its parameters by their place, and its body. */
type InputOf<Operation> = (Operation extends { parameters: infer Parameters } ? Omit<Parameters, 'cookie'> : object) &
  (Operation extends { requestBody: { content: { 'application/json': infer Body } } }
    ? { body: Body }
    : Operation extends { requestBody?: { content: { 'application/json': infer Body } } }
      ? { body?: Body }
      : object);

/** The JSON of an operation's successes; undefined where they have none. */
type SuccessOf<Operation> = Operation extends { responses: infer Responses }
  ? { [Status in keyof Responses & (200 | 201 | 204)]: JsonOf<Responses[Status]> }[keyof Responses & (200 | 201 | 204)]
  : never;
type JsonOf<Response> = Response extends { content: { 'application/json': infer Body } } ? Body : undefined;

/** A problem (RFC 9457) as the gateway answered it. Decide on its `code`. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds until it may be tried again; undefined: the gateway does not tell. */
  readonly retryAfter: number | undefined;

  constructor(status: number, { code, detail }: { code: string; detail: string }, retryAfter: number | undefined) {
    super(detail);
    this.name = 'ProblemError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** A client of the REST API whose types are generated from its OpenAPI document. */
export interface RestClient {
  /**
   * Calls an operation.
   * @throws ProblemError
   */
  call<Path extends keyof paths, Method extends MethodOf<Path>>(
    method: Method,
    path: Path,
    input: InputOf<OperationOf<Path, Method>>,
  ): Promise<{ readonly data: SuccessOf<OperationOf<Path, Method>>; readonly headers: Headers }>;
}

interface Input {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly header?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The parameter whose values come one by one (`explode`); those of others are separated by commas. */
const REPEATED = 'type';

/** Makes a client. @param credential an API key, or a token of it */
export function createRestClient(url: string, credential: string): RestClient {
  return {
    async call(method, path, input) {
      const { path: names = {}, query = {}, header = {}, body } = input as Input;
      const place = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''));
      const target = new URL(place, url);
      for (const [name, value] of Object.entries(query)) {
        if (value === undefined) continue;
        const values = Array.isArray(value) && name === REPEATED ? value : [value];
        for (const one of values) target.searchParams.append(name, String(one));
      }
      const answer = await fetch(target, {
        method: String(method).toUpperCase(),
        headers: {
          ...header,
          accept: 'application/json',
          authorization: `Bearer ${credential}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) {
        const wait = answer.headers.get('retry-after');
        throw new ProblemError(
          answer.status,
          JSON.parse(text) as { code: string; detail: string },
          wait === null ? undefined : Number(wait),
        );
      }
      return { data: (text === '' ? undefined : JSON.parse(text)) as never, headers: answer.headers };
    },
  };
}
