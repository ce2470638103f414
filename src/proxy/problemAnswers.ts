import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../errors/appError.ts';
import { requestIdOf } from '../front/frontResponse.ts';
import type { OnRefused } from '../front/refusalLog.ts';
import type { Logger } from '../logging/logger.ts';
import { pushCorsHeaders } from './cors.ts';
import { sendWhole } from './errorAnswer.ts';

/** An error as the REST API answers it. */
export interface HttpProblem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

export interface ProblemAnswersOptions {
  readonly logger: Logger;
  readonly toProblem: (error: unknown, requestId: string) => HttpProblem;
  /** The origin of the page that may read the answer, if one asks. */
  readonly allowedOrigin: (req: IncomingMessage) => string | undefined;
  /** Called with every request that is refused. */
  readonly onRefused: OnRefused | undefined;
}

/** Answers a request of the REST API with an error, before anything else was sent. */
export type RefuseAsProblem = (req: IncomingMessage, res: ServerResponse, error: unknown) => void;

export function createRefuseAsProblem(options: ProblemAnswersOptions): RefuseAsProblem {
  const { logger, toProblem, allowedOrigin, onRefused } = options;
  return (req, res, error) => {
    if (res.headersSent || res.destroyed) {
      res.destroy();
      return;
    }
    const requestId = requestIdOf(res) ?? 'none';
    if (error instanceof AppError) onRefused?.(req, error, { isCall: false });
    else logger.error({ err: error, requestId }, 'a request failed on a bug');
    const { status, headers, body } = toProblem(error, requestId);
    const head = Object.entries(headers).flat();
    if (error instanceof AppError && error.code === 'method-not-allowed') head.push('Allow', 'POST, OPTIONS');
    const origin = allowedOrigin(req);
    if (origin !== undefined) pushCorsHeaders(head, origin);
    sendWhole(req, res, status, head, Buffer.from(JSON.stringify(body)));
  };
}
