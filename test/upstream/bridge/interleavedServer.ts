import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { answer, type Behaviour, type Outlet, type Received } from '../../contract/upstreamWorld.ts';
import { askingServer } from './askingServer.ts';

/** What one call makes its server do. */
export interface Plan extends JsonObject {
  /** Tells the call from all others. */
  readonly mark: string;
  /** Times that the server asks the client. */
  readonly rounds: number;
  /** Questions at once. */
  readonly inputs: number;
  /** Times that the server tells of progress, before each round and before the answer. */
  readonly steps: number;
  /** The server's list of tools changes meanwhile. */
  readonly changes: boolean;
}

export const LIST_CHANGED = 'notifications/tools/list_changed';

/** Passes some turns of the event loop, as many as a generated list says; the list begins anew when it is used up. */
export function pauses(turns: readonly number[]): () => Promise<void> {
  let next = 0;
  return async () => {
    for (let left = turns[next++ % turns.length] ?? 0; left > 0; left--) await nextTurn();
  };
}

export const questionsOf = ({ mark, inputs }: Plan, round: number): string[] =>
  Array.from({ length: inputs }, (_, index) => `${mark}/${round}/${index}`);

/** What the server has been told when a call is over. */
export const allQuestionsOf = (plan: Plan): string[] =>
  Array.from({ length: plan.rounds }, (_, round) => questionsOf(plan, round)).flat();

export const question = (message: string): { readonly method: string; readonly params: JsonObject } => ({
  method: 'elicitation/create',
  params: { mode: 'form', message, requestedSchema: { type: 'object', properties: { said: { type: 'string' } } } },
});

/** What a client says that is asked something. */
export const saying = (asked: { readonly params?: JsonObject | undefined }): JsonObject => ({
  action: 'accept',
  content: { said: asked.params?.['message'] },
});

const planOf = ({ params }: Received): Plan => params?.['arguments'] as Plan;

const saidIn = (result: JsonObject | undefined): unknown =>
  (result?.['content'] as JsonObject | undefined)?.['said'] ?? 'refused';

async function progress(request: Received, outlet: Outlet, number: number): Promise<void> {
  const progressToken = (request.params?.['_meta'] as JsonObject | undefined)?.['progressToken'];
  const params = { progressToken, progress: number, message: planOf(request).mark };
  await outlet.send({ jsonrpc: '2.0', method: 'notifications/progress', params });
}

/** A legacy server: it asks with requests of its own. */
export function legacyInterleavedServer(pause: () => Promise<void>): Behaviour {
  return askingServer(async ({ request, outlet, ask }) => {
    const plan = planOf(request);
    const got: unknown[] = [];
    let step = 0;
    for (let round = 0; round <= plan.rounds; round++) {
      for (let left = plan.steps; left > 0; left--) {
        await pause();
        await progress(request, outlet, ++step);
      }
      if (round === plan.rounds) break;
      const replies = await Promise.all(
        questionsOf(plan, round).map(async (message) => {
          await pause();
          const { method, params } = question(message);
          return await ask(method, params);
        }),
      );
      got.push(...replies.map(({ result }) => saidIn(result)));
    }
    if (plan.changes) await outlet.send({ jsonrpc: '2.0', method: LIST_CHANGED });
    return { content: [], structuredContent: { mark: plan.mark, got } };
  });
}

/**
 * A modern server: it asks with its results, and keeps what it was told in `requestState`.
 * @param listeners who is told of changes
 */
export function modernInterleavedServer(pause: () => Promise<void>, listeners: () => readonly Outlet[]): Behaviour {
  return {
    'tools/call': (request, outlet) =>
      void (async () => {
        const plan = planOf(request);
        const { requestState, inputResponses = {} } = request.params ?? {};
        const state = (requestState === undefined ? { round: 0, got: [] } : JSON.parse(requestState as string)) as {
          round: number;
          got: unknown[];
        };
        const responses = Object.values(inputResponses as Record<string, JsonObject>);
        const got = [...state.got, ...responses.map(saidIn)];
        for (let step = 1; step <= plan.steps; step++) {
          await pause();
          await progress(request, outlet, state.round * plan.steps + step);
        }
        await pause();
        if (state.round === plan.rounds) {
          if (plan.changes) {
            for (const listener of listeners()) await listener.send({ jsonrpc: '2.0', method: LIST_CHANGED });
          }
          await outlet.send(answer(request, { content: [], structuredContent: { mark: plan.mark, got } }));
          return;
        }
        const inputRequests = Object.fromEntries(
          questionsOf(plan, state.round).map((message, index) => [`q${index}`, question(message)]),
        );
        const next = JSON.stringify({ round: state.round + 1, got });
        await outlet.send(answer(request, { resultType: 'input_required', inputRequests, requestState: next }));
      })(),
    'tools/list': (request, outlet) => void outlet.send(answer(request, { tools: [] })),
  };
}
