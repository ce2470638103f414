import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { startForwarder, type Forwarder } from './forwarder.ts';

const messageSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z.looseObject({}).optional(),
  result: z.unknown().optional(),
});

/** One request that reached a server. */
export interface RecordedRequest {
  readonly httpMethod: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON-RPC message of a POST. */
  readonly message: z.infer<typeof messageSchema> | undefined;
}

/** A forwarder in front of a server that remembers what reaches it. */
export interface Recorder extends Forwarder {
  readonly requests: readonly RecordedRequest[];
  /** Forgets what was seen so far. */
  clear(): void;
}

/** Starts a recorder in front of a server, so that a test can say what the upstream side saw. */
export async function startRecorder(target: string): Promise<Recorder> {
  const requests: RecordedRequest[] = [];
  const forwarder = await startForwarder(target, {
    observe({ method = '', headers }, body) {
      const message = body.length === 0 ? undefined : messageSchema.parse(JSON.parse(body.toString('utf8')));
      requests.push({ httpMethod: method, headers, message });
    },
  });
  return {
    url: forwarder.url,
    requests,
    clear: () => void requests.splice(0),
    [Symbol.asyncDispose]: () => forwarder[Symbol.asyncDispose](),
  };
}
