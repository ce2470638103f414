import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkSource } from '../auth/checkSource.ts';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { Via } from '../calls/via.ts';
import { addressOf } from '../front/client.ts';
import { connectionOf } from '../front/connection.ts';
import { createHostCheck } from '../front/hostCheck.ts';
import { checkRequestHead } from '../front/requestHead.ts';
import { checkScope } from './admission.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import { answerOptions } from './cors.ts';
import type { HostPolicy } from './hostPolicy.ts';
import type { CallResponse, LineResponse } from './lineResponse.ts';
import type { createNoteNotRouted } from './notRouted.ts';
import type { Route } from './route.ts';

export interface GateOptions {
  readonly hostPolicy: HostPolicy;
  readonly via: Via;
  readonly authenticate: Authenticate;
  readonly findTarget: Route;
  /** Answers who is not admitted. */
  readonly refuse: (req: IncomingMessage, res: CallResponse, error: unknown) => void;
  readonly noteNotRouted: ReturnType<typeof createNoteNotRouted>;
  readonly recognise: ((req: IncomingMessage) => void) | undefined;
}

/** Finds out who asks, and for what: once for a request, and once for each message where a request is a stream of them. */
export interface Gate {
  /** Calls back with what the request is admitted to; one that is not, and OPTIONS, is answered here. */
  admit(req: IncomingMessage, res: ServerResponse, receive: (admitted: AdmittedRequest<ServerResponse>) => void): void;
  /** The same for one message of a request that was admitted. */
  admitLine(req: IncomingMessage, res: LineResponse, receive: (admitted: AdmittedRequest) => void): void;
}

export function createGate(options: GateOptions): Gate {
  const { hostPolicy, via, authenticate, findTarget, refuse, noteNotRouted, recognise } = options;
  const checkHost = createHostCheck(hostPolicy);

  /** Calls back with a value, at once where it is there. */
  function take<T>(value: T | Promise<T>, receive: (known: T) => void, fail: (error: unknown) => void): void {
    if (value instanceof Promise) value.then(receive).catch(fail);
    else receive(value);
  }

  function route<Response extends CallResponse>(
    req: IncomingMessage,
    res: Response,
    principal: Principal,
    receive: (admitted: AdmittedRequest<Response>) => void,
  ): void {
    const fail = (error: unknown): void => {
      refuse(req, res, error);
      noteNotRouted(req, res, principal, error);
    };
    try {
      take(findTarget(req, res, principal), receive, fail);
    } catch (error) {
      fail(error);
    }
  }

  return {
    admit(req, res, receive) {
      const fail = (error: unknown): void => refuse(req, res, error);
      try {
        checkRequestHead(req);
        checkHost(req);
        if (req.method === 'OPTIONS') {
          answerOptions(req, res, req.headers.origin);
          return;
        }
        via.check(req.headers.via);
        const known = (principal: Principal): void => {
          checkSource(principal.key, addressOf(req));
          recognise?.(req);
          checkScope(principal);
          route(req, res, principal, receive);
        };
        take(authenticate(req.headers, connectionOf(req.socket)), known, fail);
      } catch (error) {
        fail(error);
      }
    },
    admitLine(req, res, receive) {
      const fail = (error: unknown): void => refuse(req, res, error);
      const known = (principal: Principal): void => {
        checkSource(principal.key, addressOf(req));
        checkScope(principal);
        route(req, res, principal, receive);
      };
      try {
        take(authenticate(req.headers, connectionOf(req.socket)), known, fail);
      } catch (error) {
        fail(error);
      }
    },
  };
}
