import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { membersOf } from './documentedMembers.ts';

/** The parts of the OpenAPI document that the tests go by. */
export interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
  readonly responses: Readonly<Record<string, Reference | ResponseObject>>;
}
interface Reference {
  readonly $ref: string;
}
interface ResponseObject {
  readonly content?: Readonly<Record<string, { schema: object }>>;
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, ResponseObject>>>>;
}

export interface Call {
  readonly credential?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, never> & { code?: string; items?: never[] };
}

/** An event of a feed; which members there are depends on its type, and the tests say so. */
export interface FollowedEvent {
  readonly id: string;
  readonly type: string;
  readonly server?: string;
  readonly key?: string;
  readonly dropped?: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An answer that goes on. */
export interface Following extends AsyncDisposable {
  readonly headers: Headers;
  /** Everything that has been read, as it came. */
  readonly text: string;
  /** The next event but heartbeats; undefined when the feed has ended. */
  next(): Promise<FollowedEvent | undefined>;
  /** Reads on to the first event of a type, and gives all up to it. @throws Error when the feed ends before */
  until(type: string): Promise<FollowedEvent[]>;
}

/** Calls the API and holds every answer against the document: its path, status, content type and schema. */
export interface DocumentedApi {
  call(method: string, path: string, call?: Call): Promise<CallAnswer>;
  /** Holds an answer that came another way against the document. */
  check(method: string, path: string, answer: Pick<CallAnswer, 'status' | 'headers'> & { text: string }): CallAnswer;
  /** Opens an answer that goes on; each event is held against the document as it is read. */
  follow(path: string, call?: Pick<Call, 'credential' | 'headers'>): Promise<Following>;
  /** `operationId status` of every answer so far. */
  readonly seen: ReadonlySet<string>;
  /** `Schema.member.member` of every member of every answer so far. */
  readonly members: ReadonlySet<string>;
  readonly document: OpenApi;
}

const FEED_EVENT = { $ref: '#/components/schemas/FeedEvent' };

/** Fetches the document of a running gateway. */
export async function documentedApi(url: string): Promise<DocumentedApi> {
  const document = (await (await fetch(`${url}/api-docs/openapi.json`)).json()) as OpenApi;
  // In strict mode a schema with a keyword or format that nobody checks is an error.
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addVocabulary(['components', 'paths', 'openapi', 'info', 'servers', 'security', 'tags', 'channels']);
  ajv.addSchema({ $id: 'openapi', ...document });
  const seen = new Set<string>();
  const members = new Set<string>();

  function operationOf(method: string, path: string): Operation {
    for (const [template, operations] of Object.entries(document.paths)) {
      const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
      const operation = operations[method.toLowerCase()];
      if (operation !== undefined && pattern.test(path)) return operation;
    }
    throw new Error(`${method} ${path} is not in the document`);
  }

  function resolve<T extends object>(value: Reference | T): T {
    if (!('$ref' in value)) return value;
    const [, , group = '', name = ''] = value.$ref.split('/');
    return document.components[group]?.[name] as T;
  }

  async function follow(path: string, { credential, headers = {} }: Pick<Call, 'credential' | 'headers'> = {}) {
    const cancel = new AbortController();
    const answer = await fetch(url + path, {
      headers: { ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }), ...headers },
      signal: cancel.signal,
    });
    const operation = operationOf('GET', new URL(path, url).pathname);
    const { content } = resolve<ResponseObject>(operation.responses['200']!);
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    expect(Object.keys(content ?? {})).toContain(type);
    seen.add(`${operation.operationId} 200`);
    const validate = ajv.compile({ $ref: 'openapi#/components/schemas/FeedEvent' });
    let text = '';
    const events = (async function* (): AsyncGenerator<FollowedEvent> {
      let rest = '';
      for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const json = type === 'application/x-ndjson' ? line : /^data: (.*)$/.exec(line)?.[1];
          if (json === undefined) continue;
          const event = JSON.parse(json) as FollowedEvent;
          if (!validate(event)) throw new Error(`${path}: ${ajv.errorsText(validate.errors)}\n${json}`);
          for (const member of membersOf(document, FEED_EVENT, event)) members.add(member);
          if (event.type !== 'heartbeat') yield event;
        }
      }
    })();
    const next = async (): Promise<FollowedEvent | undefined> =>
      (await events.next()).value as FollowedEvent | undefined;
    return {
      headers: answer.headers,
      get text() {
        return text;
      },
      next,
      async until(wanted: string) {
        const found: FollowedEvent[] = [];
        for (;;) {
          const event = await next();
          if (event === undefined) throw new Error(`the feed ended before ${wanted}: ${text}`);
          found.push(event);
          if (event.type === wanted) return found;
        }
      },
      async [Symbol.asyncDispose]() {
        cancel.abort();
        await events.return(undefined).catch(() => undefined);
      },
    };
  }

  function check(
    method: string,
    path: string,
    answer: Pick<CallAnswer, 'status' | 'headers'> & { text: string },
  ): CallAnswer {
    const { text } = answer;
    const operation = operationOf(method, new URL(path, url).pathname);
    const documented = operation.responses[String(answer.status)];
    if (documented === undefined) throw new Error(`${method} ${path} answered ${answer.status}, undocumented: ${text}`);
    seen.add(`${operation.operationId} ${answer.status}`);
    const { content } = resolve<ResponseObject>(documented);
    if (content === undefined) {
      expect(text).toBe('');
      return { status: answer.status, headers: answer.headers, body: {} };
    }
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    expect(Object.keys(content)).toContain(type);
    const parsed = JSON.parse(text) as CallAnswer['body'];
    const { schema } = content[type]!;
    const target = '$ref' in schema ? { $ref: `openapi${String(schema.$ref)}` } : schema;
    const validate = ajv.compile(target);
    if (!validate(parsed)) throw new Error(`${method} ${path}: ${ajv.errorsText(validate.errors)}\n${text}`);
    for (const member of membersOf(document, schema, parsed)) members.add(member);
    return { status: answer.status, headers: answer.headers, body: parsed };
  }

  return {
    document,
    seen,
    members,
    check,
    follow,
    async call(method, path, { credential, body, headers = {} } = {}) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return check(method, path, { status: answer.status, headers: answer.headers, text: await answer.text() });
    },
  };
}
