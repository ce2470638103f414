import type { LiveServers } from '../live/liveServer.ts';
import { usableServer } from './admission.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import type { Call } from './call.ts';
import { unsentRequest, type Answered, type GatewayAnswers } from './gatewayAnswers.ts';
import type { Message } from './message.ts';
import type { ReadBody } from './readBody.ts';
import { judgeMessage, type PostedMessage } from './readMessage.ts';
import type { StartCall } from './startCall.ts';

export interface MessageIntakeOptions {
  readonly servers: Pick<LiveServers, 'find'>;
  readonly start: StartCall;
  readonly answers: GatewayAnswers;
}

/** Takes messages from admitted requests, and starts their calls. Who may not is answered. */
export interface MessageIntake {
  /** Judges a message that was read, and starts its call. */
  judge(admitted: AdmittedRequest, posted: PostedMessage, body: ReadBody): void;
  /** Starts a call with the server as it is now. @throws what StartCall throws */
  forward(admitted: AdmittedRequest, httpMethod: Call['httpMethod'], message?: Message, body?: ReadBody): void;
}

export function createMessageIntake({ servers, start, answers }: MessageIntakeOptions): MessageIntake {
  function forward(
    admitted: AdmittedRequest,
    httpMethod: Call['httpMethod'],
    message?: Message,
    body?: ReadBody,
  ): void {
    const { server, req, res } = admitted;
    if (admitted.view !== undefined) {
      start(admitted, httpMethod, message, body);
      return;
    }
    // It may have changed while the body was on its way.
    const now = servers.find(server.name);
    // The memory of servers knows nothing of the credential of a key.
    if (now === server || isAsAdmitted(now, admitted)) {
      start(admitted, httpMethod, message, body);
      return;
    }
    Promise.resolve(now)
      .then((found) => {
        start({ ...admitted, server: usableServer(found, admitted.principal) }, httpMethod, message, body);
      })
      .catch((error: unknown) => {
        const call = unsentRequest(admitted, message, body?.bytes.length);
        answers.refuse({ req, res, id: message?.id, call }, error);
      });
  }

  return {
    judge(admitted, posted, body) {
      const { req, res } = admitted;
      const { message } = posted;
      const answered = (): Answered => {
        return { req, res, id: message.id, call: unsentRequest(admitted, message, body.bytes.length) };
      };
      try {
        const judged = judgeMessage(posted, admitted);
        if ('status' in judged) answers.answer(answered(), judged);
        else forward(admitted, 'POST', judged, body);
      } catch (error) {
        answers.refuse(answered(), error);
      }
    },
    forward,
  };
}

/** Tells whether a server that is reached with the credential of a key is the same as when the request was admitted. */
function isAsAdmitted(
  now: ReturnType<LiveServers['find']>,
  { server, principal }: Pick<AdmittedRequest, 'server' | 'principal'>,
): boolean {
  if (server.credential === undefined || now === undefined || now instanceof Promise) return false;
  return usableServer(now, principal) === server;
}
