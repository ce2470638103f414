import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  connect,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createFront, type Front } from '../../src/front/front.ts';
import { frontLimits, type FrontLimits } from '../../src/front/limits.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { makeCertificate } from '../support/eventStoreDb/certificate.ts';

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly rstCode: number;
}

/** The front with a certificate on a real socket, with answers as the test gives them and a clock that it moves on. */
export interface SecureFront extends AsyncDisposable {
  readonly front: Front;
  readonly port: number;
  /** What has been served so far. */
  readonly served: readonly ServerResponse[];
  /** How often the front has asked for the time. */
  readonly looks: number;
  advance(ms: number): void;
  open(options?: SecureClientSessionOptions): ClientHttp2Session;
}

const pair = makeCertificate();

export async function openSecureFront(
  serve: (req: IncomingMessage, res: ServerResponse, front: Front) => void,
  { http2 = true, ...limits }: Partial<FrontLimits> & { readonly http2?: boolean } = {},
): Promise<SecureFront> {
  const served: ServerResponse[] = [];
  const sessions: ClientHttp2Session[] = [];
  let now = 1;
  let looks = 0;
  const front: Front = createFront({
    serve(req, res) {
      served.push(res);
      serve(req, res, front);
    },
    certificate: { pair: { cert: pair.certificate, key: pair.key }, onChange: () => () => undefined },
    http2,
    limits: { ...frontLimits(), sweepMs: 1, ...limits },
    clock() {
      looks += 1;
      return now;
    },
    logger: createLogger('silent'),
  });
  front.server.listen(0, '127.0.0.1');
  await once(front.server, 'listening');
  const { port } = front.server.address() as AddressInfo;
  return {
    front,
    port,
    served,
    get looks() {
      return looks;
    },
    advance: (ms) => void (now += ms),
    open(options = {}) {
      const session = connect(`https://localhost:${port}`, { family: 4, rejectUnauthorized: false, ...options });
      session.on('error', () => undefined);
      sessions.push(session);
      return session;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      front[Symbol.dispose]();
      front.closeAll();
      front.server.close();
      await once(front.server, 'close');
    },
  };
}

/** Asks by a stream of its own; resolves when that is over, however it ends. */
export async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  stream.on('error', () => undefined);
  let head: IncomingHttpHeaders = {};
  let text = '';
  stream.setEncoding('utf8');
  stream.on('response', (received) => (head = received));
  stream.on('data', (chunk: string) => (text += chunk));
  if (body !== undefined) stream.end(body);
  await new Promise((resolve) => stream.once('close', resolve));
  return { status: head[':status'], headers: head, body: text, rstCode: stream.rstCode };
}
