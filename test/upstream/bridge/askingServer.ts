import { answer, type Behaviour, type Outlet, type Received } from '../../contract/upstreamWorld.ts';

/** One request of a client, at the server. */
export interface CallAtServer {
  readonly request: Received;
  readonly outlet: Outlet;
  /** Asks the client, and waits for the reply. @param way (Default: with the messages of this call) */
  ask(method: string, params?: object, way?: Outlet): Promise<Received>;
}

/** Makes a legacy server that does its work in one way, and may ask the client for something meanwhile. */
export function askingServer(work: (call: CallAtServer) => Promise<object>, others: Behaviour = {}): Behaviour {
  const waiting = new Map<unknown, (reply: Received) => void>();
  let nextId = 0;
  const run = (request: Received, outlet: Outlet): void => {
    const ask: CallAtServer['ask'] = (method, params, way = outlet) => {
      const id = `ask-${++nextId}`;
      const { promise, resolve } = Promise.withResolvers<Received>();
      waiting.set(id, resolve);
      void way.send({ jsonrpc: '2.0', id, method, ...(params && { params }) });
      return promise;
    };
    void work({ request, outlet, ask }).then((result) => outlet.send(answer(request, result)));
  };
  return {
    'tools/call': run,
    'prompts/get': run,
    'resources/read': run,
    'completion/complete': run,
    '': (reply) => waiting.get(reply.id)?.(reply),
    ...others,
  };
}
