import { isJsonObject, type JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { Era } from '../../../src/mcp/eras.ts';
import { eraOf, type Revision } from '../dimensions.ts';
import { httpWire } from './httpWire.ts';
import { lineWire } from './lineWire.ts';
import type { Wire } from './wire.ts';

/** How the user and the model of a client answer what a server asks. */
export type Answerers = Readonly<Record<string, (params: JsonObject) => JsonObject>>;

/** What came for a request: the response, and before it its notifications. */
export interface Outcome {
  readonly result?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
}

export interface RequestOptions {
  readonly answerers?: Answerers;
  readonly signal?: AbortSignal;
  readonly meta?: JsonObject;
  /** Other capabilities than those that the client has declared. The modern era names them per request. */
  readonly capabilities?: JsonObject;
}

export interface ClientOptions {
  readonly revision: Revision;
  readonly url: string;
  readonly isLines: boolean;
  readonly authorization: string;
  readonly capabilities: JsonObject;
}

/** More rounds than any tool of the fixture needs. */
const MAX_ROUNDS = 10;
const META = 'io.modelcontextprotocol/';

/** A client of one revision that speaks the protocol by hand: no SDK makes its messages look better than they are. */
export class SquareClient implements AsyncDisposable {
  readonly era: Era;
  readonly revision: Revision;
  readonly facts: JsonObject = {};
  /** All that has been received, in its order. */
  readonly received: JsonObject[] = [];
  readonly eventIds: string[] = [];
  readonly #wire: Wire & { resume?(lastEventId: string): Promise<void>; lose?(): void };
  readonly #options: ClientOptions;
  readonly #waiting = new Map<number, (response: JsonObject) => void>();
  #answerers: Answerers = {};
  /** Gets the error of a message whose id nobody could read. */
  #onRefusal: ((error: JsonObject) => void) | undefined;
  #nextId = 1;

  private constructor(options: ClientOptions) {
    this.#options = options;
    this.revision = options.revision;
    this.era = eraOf(options.revision);
    const { url, authorization } = options;
    const onMessage = (message: JsonObject): void => this.#take(message);
    this.#wire = options.isLines
      ? lineWire({ url, authorization, onMessage })
      : httpWire({ url, authorization, onMessage, onEventId: (id) => this.eventIds.push(id) });
  }

  static async connect(options: ClientOptions): Promise<SquareClient> {
    const client = new SquareClient(options);
    if (client.era === 'modern') {
      Object.assign(client.facts, (await client.request('server/discover')).result);
      return client;
    }
    const clientInfo = { name: 'square', version: '1' };
    const { revision: protocolVersion, capabilities } = options;
    const { result, error } = await client.request('initialize', { protocolVersion, capabilities, clientInfo });
    if (result === undefined) throw new Error(`initialize was refused: ${JSON.stringify(error)}`);
    Object.assign(client.facts, result);
    await client.notify('notifications/initialized');
    await client.#wire.openStream();
    return client;
  }

  /** Asks, and in the modern era asks again with what the server wants to know (MCP 2026-07-28, basic/patterns/mrtr). */
  async request(method: string, params: JsonObject = {}, options: RequestOptions = {}): Promise<Outcome> {
    this.#answerers = options.answerers ?? {};
    let sent = params;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const outcome = await this.once(method, sent, options);
      const { result } = outcome;
      if (result?.['resultType'] !== 'input_required') return outcome;
      const requests = result['inputRequests'] as Readonly<Record<string, { method: string; params?: JsonObject }>>;
      const inputResponses = Object.fromEntries(
        Object.entries(requests).map(([key, asked]) => [key, this.#answer(asked.method, asked.params ?? {})]),
      );
      const { requestState } = result;
      sent = { ...params, inputResponses, ...(requestState !== undefined && { requestState }) };
    }
    throw new Error(`${method} asks for input without end`);
  }

  /** Asks once. */
  async once(method: string, params: JsonObject, options: RequestOptions = {}): Promise<Outcome> {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    this.#waiting.set(id, resolve);
    const { signal } = options;
    signal?.addEventListener('abort', () => reject(new Error('cancelled')), { once: true });
    const isClosed = this.era === 'modern' && this.#wire.cancelsBy === 'closing';
    if (!isClosed)
      signal?.addEventListener('abort', () => void this.notify('notifications/cancelled', { requestId: id }));
    const message = { jsonrpc: '2.0', id, method, params: this.#params(params, options) };
    const exchange = this.#wire.send(message, isClosed ? signal : undefined);
    exchange.catch((error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
    });
    try {
      return await promise;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async notify(method: string, params: JsonObject = {}): Promise<void> {
    await this.#wire.send({ jsonrpc: '2.0', method, params: this.#params(params, {}) });
  }

  /** Several messages in one (MCP 2025-03-26, basic, Batching). One that is refused as a whole is one error without an id. */
  async batch(calls: readonly { readonly method: string; readonly params: JsonObject }[]): Promise<readonly Outcome[]> {
    const outcomes = calls.map(({ method, params }) => {
      const id = this.#nextId++;
      const { promise, resolve } = Promise.withResolvers<JsonObject>();
      this.#waiting.set(id, resolve);
      return { promise, message: { jsonrpc: '2.0', id, method, params: this.#params(params, {}) } };
    });
    const refused = Promise.withResolvers<readonly JsonObject[]>();
    this.#onRefusal = (error) => refused.resolve([error]);
    await this.#wire.send(outcomes.map(({ message }) => message) as unknown as JsonObject);
    const answered = Promise.all(outcomes.map(({ promise }) => promise));
    return await Promise.race([answered, refused.promise]);
  }

  /** Opens a subscription of the modern era, which stands until the signal. Resolves when it is acknowledged. */
  async listen(notifications: JsonObject, signal: AbortSignal, capabilities?: JsonObject): Promise<JsonObject> {
    const before = this.received.length;
    const options = { signal, ...(capabilities !== undefined && { capabilities }) };
    this.once('subscriptions/listen', { notifications }, options).catch(() => undefined);
    const [acknowledged] = await this.until(
      (messages) => messages.slice(before),
      ({ method }) => method === 'notifications/subscriptions/acknowledged',
    );
    return (acknowledged?.['params'] as JsonObject)['notifications'] as JsonObject;
  }

  /** Waits for a message. */
  async until(
    of: (messages: readonly JsonObject[]) => readonly JsonObject[],
    isIt: (message: JsonObject) => boolean,
  ): Promise<readonly JsonObject[]> {
    for (;;) {
      const found = of(this.received).filter(isIt);
      if (found.length > 0) return found;
      await this.#next();
    }
  }

  async resume(lastEventId: string): Promise<void> {
    await this.#wire.resume?.(lastEventId);
  }

  /** Loses the connection of an exchange after its first event, and takes its answer up again. */
  async loseAndResume(method: string, params: JsonObject, options: RequestOptions = {}): Promise<Outcome> {
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<JsonObject>();
    this.#waiting.set(id, resolve);
    const leaving = new AbortController();
    const before = this.eventIds.length;
    const message = { jsonrpc: '2.0', id, method, params: this.#params(params, options) };
    this.#wire.send(message, leaving.signal).catch(() => undefined);
    while (this.eventIds.length === before) await this.#next();
    leaving.abort();
    await this.resume(this.eventIds[before] ?? '');
    return await promise;
  }

  /** Breaks the connection of an exchange of lines off. */
  lose(): void {
    this.#wire.lose?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire[Symbol.asyncDispose]();
  }

  #wakes: (() => void)[] = [];

  async #next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    // An event without a message wakes nobody.
    const timer = setTimeout(() => resolve(undefined), 5);
    this.#wakes.push(() => resolve(undefined));
    await promise;
    clearTimeout(timer);
  }

  #take(message: JsonObject): void {
    this.received.push(message);
    const { id, method, params } = message;
    for (const wake of this.#wakes.splice(0)) wake();
    if (method === undefined) {
      if (typeof id === 'number') this.#waiting.get(id)?.(message);
      else this.#onRefusal?.(message);
      return;
    }
    if (id === undefined) return;
    const result = method === 'ping' ? {} : this.#answer(method as string, isJsonObject(params) ? params : {});
    void this.#wire.send({ jsonrpc: '2.0', id, result });
  }

  #answer(method: string, params: JsonObject): JsonObject {
    const answerer = this.#answerers[method];
    if (answerer === undefined) throw new Error(`nobody answers ${method}`);
    return answerer(params);
  }

  #params(params: JsonObject, { meta, capabilities = this.#options.capabilities }: RequestOptions): JsonObject {
    const own = isJsonObject(params['_meta']) ? params['_meta'] : {};
    const modern = {
      [`${META}protocolVersion`]: this.revision,
      [`${META}clientCapabilities`]: capabilities,
      [`${META}clientInfo`]: { name: 'square', version: '1' },
    };
    const all = { ...own, ...meta, ...(this.era === 'modern' && modern) };
    return Object.keys(all).length === 0 ? params : { ...params, _meta: all };
  }
}
