import { randomBytes } from 'node:crypto';
import { LOG_LEVEL_KEY } from '../../../src/mcp/logLevels.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { createTextSeal } from '../../../src/proxy/sealedText.ts';
import { asModern, type AsModernOptions, type RequestStates } from '../../../src/upstream/bridge/asModern.ts';
import { ParkedBudget } from '../../../src/upstream/bridge/parkedBudget.ts';
import type { AskOptions, Upstream, UpstreamMessage } from '../../../src/upstream/upstream.ts';
import {
  collect,
  type Behaviour,
  type UpstreamUnderTest,
  type UpstreamWorld,
  type WorldOptions,
} from '../../contract/upstreamWorld.ts';

/** Seals of one client. */
export function requestStates(): RequestStates {
  const seal = createTextSeal(randomBytes(32), 'states of a test');
  return {
    seal: (parkedId) => seal.seal(parkedId),
    open: (requestState) => {
      const parkedId = seal.open(requestState);
      return parkedId === undefined ? undefined : { parkedId };
    },
  };
}

/** Puts the bridge before a session that is open. */
export function bridged(first: Upstream, options: Partial<AsModernOptions> = {}): Upstream {
  return asModern({
    label: first,
    first,
    open: () => Promise.reject(new Error('the test opens no other session')),
    states: requestStates(),
    clock: () => performance.now(),
    shared: new ParkedBudget(),
    key: 'key',
    ...options,
  });
}

/** Legacy servers behind the bridge, for a client that wants all log messages. */
export function asModernWorld(world: UpstreamWorld): UpstreamWorld {
  return {
    ...world,
    era: 'modern',
    isBridged: true,
    async open(behaviour, options) {
      const under = await world.open(behaviour, options);
      const upstream = bridged(under.upstream);
      const ask: Upstream['ask'] = (request, askOptions) =>
        upstream.ask({ ...request, params: withLogs(request.params) }, askOptions);
      return {
        upstream: Object.create(upstream, { ask: { value: ask } }) as Upstream,
        get received() {
          return under.received.filter(({ method }) => method !== 'logging/setLevel');
        },
        cancelled: under.cancelled,
        listeners: under.listeners,
        async [Symbol.asyncDispose]() {
          await upstream[Symbol.asyncDispose]();
          await under[Symbol.asyncDispose]();
        },
      };
    },
  };
}

export function withLogs(params: JsonObject | undefined): JsonObject {
  const meta = params?.['_meta'] as JsonObject | undefined;
  return { ...params, _meta: { ...meta, [LOG_LEVEL_KEY]: 'debug' } };
}

/** A bridge whose sessions are all opened by a world, each to a server of its own that behaves alike. */
export interface BridgeUnderTest extends AsyncDisposable {
  readonly upstream: Upstream;
  /** In the order in which they were opened; the first is for clients that declare nothing. */
  readonly sessions: readonly UpstreamUnderTest[];
  /** What was declared to each. */
  readonly declared: readonly JsonObject[];
  readonly budget: ParkedBudget;
}

export async function openBridge(
  world: UpstreamWorld,
  behaviour: Behaviour,
  { timeouts, ...options }: Partial<AsModernOptions> & Pick<WorldOptions, 'timeouts'> = {},
): Promise<BridgeUnderTest> {
  const sessions: UpstreamUnderTest[] = [];
  const declared: JsonObject[] = [];
  const open = async (capabilities: JsonObject): Promise<Upstream> => {
    declared.push(capabilities);
    const under = await world.open(behaviour, { capabilities, ...(timeouts && { timeouts }) });
    sessions.push(under);
    return under.upstream;
  };
  const { shared: budget = new ParkedBudget() } = options;
  const upstream = bridged(await open({}), { open, shared: budget, ...options });
  return {
    upstream,
    sessions,
    declared,
    budget,
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      for (const session of sessions) await session[Symbol.asyncDispose]();
    },
  };
}

/** Everything that a client can be asked for. */
export const ABLE: JsonObject = { elicitation: { form: {}, url: {} }, roots: {}, sampling: { tools: {} } };

/** What a client gets for one request. */
export interface Got {
  readonly messages: readonly UpstreamMessage[];
  readonly result: JsonObject | undefined;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } | undefined;
  readonly inputs: Readonly<Record<string, { readonly method: string; readonly params?: JsonObject }>>;
  readonly requestState: string | undefined;
}

/** Calls a tool, as a modern client does that can be asked for everything. */
export async function call(upstream: Upstream, params: JsonObject = {}, options: AskOptions = {}): Promise<Got> {
  return await got(
    upstream.ask({ method: 'tools/call', params: { name: 'work', ...params } }, { capabilities: ABLE, ...options }),
  );
}

export async function got(asked: AsyncIterable<UpstreamMessage>): Promise<Got> {
  const messages = await collect(asked);
  const last = messages.at(-1);
  if (last?.kind !== 'response') throw new Error('it did not end with an answer');
  const { response } = last;
  const result = 'result' in response ? response.result : undefined;
  return {
    messages,
    result,
    error: 'error' in response ? response.error : undefined,
    inputs: (result?.['inputRequests'] ?? {}) as Got['inputs'],
    requestState: result?.['requestState'] as string | undefined,
  };
}

/** Repeats a call with what it was asked for. */
export async function repeat(
  upstream: Upstream,
  { inputs, requestState }: Got,
  responseTo: (input: { readonly method: string; readonly params?: JsonObject }, key: string) => JsonObject | undefined,
  params: JsonObject = {},
  options: AskOptions = {},
): Promise<Got> {
  const responses = Object.entries(inputs).flatMap(([key, input]) => {
    const response = responseTo(input, key);
    return response === undefined ? [] : [[key, response]];
  });
  return await call(upstream, { inputResponses: Object.fromEntries(responses), requestState, ...params }, options);
}
