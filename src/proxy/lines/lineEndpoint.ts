import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, Invalid } from '../../errors/appError.ts';
import { letBodyLast } from '../../front/requestQueue.ts';
import { essence, isUtf8 } from '../../mcp/mediaTypes.ts';
import type { AdmittedRequest } from '../admittedRequest.ts';
import { pushCorsHeaders } from '../cors.ts';
import { internalError } from '../errorAnswer.ts';
import type { RefuseAsProblem } from '../problemAnswers.ts';
import type { ReadBody } from '../readBody.ts';
import { LineExchange } from './lineExchange.ts';
import { LineMessages, type LineMessagesOptions } from './lineMessages.ts';
import { RequestLines } from './requestLines.ts';

/** There is no registered one. */
const TYPES: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl']);

/** How long lines are taken without giving way to others, in milliseconds. */
const SLICE_MS = 2;

/** Where requests go on as exchanges of lines. */
export interface LineEndpoint {
  /** Answers an admitted request. Never throws. */
  open(admitted: AdmittedRequest<ServerResponse>): void;
}

export interface LineEndpointOptions extends LineMessagesOptions {
  /** Answers a request whose exchange does not begin. */
  readonly refuseAsProblem: RefuseAsProblem;
}

export function createLineEndpoint(options: LineEndpointOptions): LineEndpoint {
  const { context, refuseAsProblem } = options;

  function begin(admitted: AdmittedRequest<ServerResponse>): void {
    const { req, principal } = admitted;
    checkType(req);
    letBodyLast(req);
    const exchange = new LineExchange(context, admitted);
    exchange.begin(headersFor(req));
    const messages = new LineMessages(options, exchange, admitted);
    const lines = new RequestLines({
      maxBytes: context.limits.maxBodyBytes,
      leaseRoom: () => context.register.leaseBody(principal),
    });

    async function takeAll(taken: Iterable<ReadBody>): Promise<void> {
      let until = performance.now() + SLICE_MS;
      try {
        for (const line of taken) {
          if (!exchange.takesMessages) {
            line.lease?.release();
            return;
          }
          if (isBlank(line.bytes)) line.lease?.release();
          else await messages.take(line);
          await exchange.drained();
          if (performance.now() < until) continue;
          await nextTurn();
          until = performance.now() + SLICE_MS;
        }
      } catch (error) {
        exchange.cut(error instanceof AppError ? error : internalError(context.logger, error));
      }
    }

    // A request that came whole emits its end right behind its last piece, whether or not it was paused in between.
    let before = Promise.resolve();
    const inTurn = (work: () => Promise<void> | void): void => void (before = before.then(work));

    req.on('data', (chunk: Buffer) => {
      if (!exchange.takesMessages) return;
      req.pause();
      inTurn(async () => {
        await takeAll(lines.push(chunk));
        req.resume();
      });
    });
    req.once('end', () => {
      inTurn(async () => {
        const rest = lines.rest();
        await takeAll(rest === undefined ? [] : [rest]);
        exchange.endInput();
      });
    });
    req.once('close', () => inTurn(() => lines.drop()));
  }

  return {
    open(admitted) {
      const { req, res } = admitted;
      try {
        begin(admitted);
      } catch (error) {
        refuseAsProblem(req, res, error);
      }
    },
  };
}

/** @throws Invalid */
function checkType({ method, headers }: IncomingMessage): void {
  if (method !== 'POST') {
    throw new Invalid('method-not-allowed', 'Only POST is possible here.');
  }
  const type = headers['content-type'];
  const isOfLines = type === undefined || (TYPES.has(essence(type)) && isUtf8(type));
  if (isOfLines && headers['content-encoding'] === undefined) return;
  const message = 'The body must be application/x-ndjson, in UTF-8 and not compressed: one JSON-RPC message per line.';
  throw new Invalid('content-type-unsupported', message);
}

function headersFor({ headers: { origin } }: IncomingMessage): string[] {
  // Intermediaries must neither hold nor change lines.
  const headers = ['Content-Type', 'application/x-ndjson', 'Cache-Control', 'no-cache, no-store, no-transform'];
  headers.push('X-Accel-Buffering', 'no');
  if (origin !== undefined) pushCorsHeaders(headers, origin);
  return headers;
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
