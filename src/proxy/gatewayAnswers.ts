import type { IncomingMessage } from 'node:http';
import { noteAnsweredHere, type UnsentCall } from '../calls/answeredHere.ts';
import type { CallScope } from '../calls/openCall.ts';
import { AppError } from '../errors/appError.ts';
import { bodyBytesOf, protocolOf, requestIdOf } from '../front/frontResponse.ts';
import type { OnRefused } from '../front/refusalLog.ts';
import type { Logger } from '../logging/logger.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import { toolOf, type Call } from './call.ts';
import { answerError, internalError } from './errorAnswer.ts';
import { sendLocalAnswer, type LocalAnswer } from './localAnswer.ts';
import { LineResponse, type CallResponse } from './lineResponse.ts';
import type { Message } from './message.ts';

export interface GatewayAnswersOptions extends Pick<CallScope, 'onCall'> {
  readonly logger: Logger;
  /** The origin of the page that may read the answer, if one asks. */
  readonly allowedOrigin: (req: IncomingMessage) => string | undefined;
  /** Called with every request that is refused. */
  readonly onRefused: OnRefused | undefined;
}

/** A request that is answered without its server. */
export interface Answered {
  readonly req: IncomingMessage;
  readonly res: CallResponse;
  /** Null while it is not known. */
  readonly id?: JsonRpcId | undefined;
  /** What is known of it, to be counted. Undefined: it is of no server. */
  readonly call?: UnsentCall | undefined;
}

/** The answers that requests get from the gateway in the place of their servers. Each has its event. */
export interface GatewayAnswers {
  /** Answers with the error. One that is no AppError is a bug. */
  refuse(answered: Answered, error: unknown): void;
  /** Answers as the server would. */
  answer(answered: Answered, answer: LocalAnswer): void;
}

export function createGatewayAnswers(options: GatewayAnswersOptions): GatewayAnswers {
  const { logger, allowedOrigin, onRefused } = options;

  function note({ res, call }: Answered, outcome: string): void {
    if (call === undefined) return;
    const [requestId, protocol, bytesOut] = [requestIdOf(res), protocolOf(res), bodyBytesOf(res)];
    noteAnsweredHere(options, call, { requestId, protocol, outcome, status: res.statusCode, bytesOut });
  }

  return {
    refuse(answered, thrown) {
      const { req, res, id = null } = answered;
      const isLine = res instanceof LineResponse;
      if (isLine ? res.writableEnded || res.destroyed : res.headersSent || res.destroyed) {
        res.destroy();
        return;
      }
      if (thrown instanceof AppError) onRefused?.(req, thrown, { isCall: answered.call !== undefined });
      const error = thrown instanceof AppError ? thrown : internalError(logger, thrown);
      if (isLine) res.fail(error);
      else answerError(req, res, { error, id }, allowedOrigin(req));
      note(answered, error.code);
    },
    answer(answered, answer) {
      const { req, res } = answered;
      if (!(res instanceof LineResponse)) sendLocalAnswer(res, answer, allowedOrigin(req));
      else {
        if (answer.body !== undefined) res.write(answer.body);
        res.end();
      }
      note(answered, answer.outcome ?? 'ok');
    },
  };
}

/** What is known of an admitted request. Undefined for the aggregate: it is of no server yet. */
export function unsentRequest(
  { req, principal, server, view }: AdmittedRequest,
  message?: Message,
  bytesIn = 0,
): UnsentCall | undefined {
  if (view !== undefined) return undefined;
  const { method, kind, era, tools = [], onlyTools = false } = message ?? {};
  const tool = onlyTools && tools.length === 1 ? tools[0] : undefined;
  return { principal, server, method: method ?? kind ?? req.method ?? '', tool, era, bytesIn };
}

/** What is known of a call that its lane refuses. Undefined for the aggregate. */
export function unsentCall(call: Call): UnsentCall | undefined {
  const { principal, server, view, method, kind, httpMethod, era, bytesIn } = call;
  if (view !== undefined) return undefined;
  return { principal, server, method: method ?? kind ?? httpMethod, tool: toolOf(call), era, bytesIn };
}
