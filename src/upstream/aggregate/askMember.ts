import { AppError } from '../../errors/appError.ts';
import type { AskOptions, UpstreamMessage, UpstreamRequest } from '../upstream.ts';
import type { MemberConnection } from './memberConnection.ts';

/** Asks a member, as a running call of its server: what cuts those cuts this. @throws what Upstream.ask throws; what Member.enter throws */
export async function* askMember(
  connection: MemberConnection,
  request: UpstreamRequest,
  options: AskOptions,
): AsyncGenerator<UpstreamMessage, void, void> {
  const { method, params } = request;
  const name = method === 'tools/call' ? params?.['name'] : undefined;
  const tool = typeof name === 'string' ? name : undefined;
  const { exchange } = options;
  const withheld = tool === undefined ? undefined : await connection.member.hold?.judge(tool);
  if (withheld !== undefined) {
    connection.member.noteAnsweredHere({ method, tool, exchange }, 'tool-withheld');
    yield withheld;
    return;
  }
  const entered = connection.member.enter({ method, tool, exchange });
  let outcome: string | undefined = 'client-closed';
  let reason: string | undefined;
  try {
    if (tool !== undefined) connection.noteCall();
    const upstream = await connection.acquire();
    try {
      const signal = options.signal === undefined ? entered.signal : AbortSignal.any([options.signal, entered.signal]);
      for await (const message of upstream.ask(request, { ...options, signal })) {
        if (message.kind === 'response') outcome = 'error' in message.response ? 'upstream-rpc-error' : undefined;
        yield message;
      }
    } finally {
      connection.release();
    }
  } catch (error) {
    outcome = error instanceof AppError ? error.code : 'internal-error';
    if (error instanceof AppError) reason = error.message;
    throw error;
  } finally {
    entered.end(outcome, reason);
  }
}
