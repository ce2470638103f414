import { notMcp, sessionLost } from '../../mcp/failures.ts';
import { drain } from './answerBody.ts';
import { answerOf, resultOf, throwUnlessEvidence, type Answer } from './answer.ts';
import { post } from './exchange.ts';
import { sendHttp } from './httpRequest.ts';
import { SIDE_TIMEOUTS, boundRequest } from '../requestBounds.ts';
import { boundHandshake } from './handshake.ts';
import { readInitializeResult } from '../serverFacts.ts';
import { UpstreamError } from '../upstreamError.ts';
import { LEGACY_VERSIONS } from '../../mcp/eras.ts';
import type { AppError } from '../../errors/appError.ts';
import type { ClientFacts, ServerFacts } from '../upstream.ts';
import type { HttpTarget } from './target.ts';

/** One session at a legacy server. */
export interface LegacyHandshake {
  /** Absent when the server keeps no sessions. */
  readonly sessionId: string | undefined;
  readonly facts: ServerFacts;
}

/** Visible ASCII (MCP 2025-11-25, basic/transports, Session Management); the length is our bound. */
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/**
 * Opens a legacy session: `initialize`, then `notifications/initialized` (MCP 2025-11-25, basic/lifecycle).
 * @returns what to report when the server does not know `initialize`
 * @throws UpstreamError, Unavailable
 */
export async function initialize(
  target: HttpTarget,
  client: ClientFacts,
  signal?: AbortSignal,
): Promise<LegacyHandshake | { readonly refused: AppError; readonly status: number }> {
  const answer = await askToInitialize(target, client, signal);
  const { status, response, failure, sessionId } = answer;
  throwUnlessEvidence(answer);
  if (response !== undefined && 'error' in response) {
    return { refused: new UpstreamError(target, response.error), status };
  }
  if (failure !== undefined) return { refused: failure.error, status };
  const facts = readInitializeResult(target, resultOf(target, answer));
  if (sessionId !== undefined && !SESSION_ID.test(sessionId)) throw notMcp(target, 'gave out a malformed session id');
  const handshake: LegacyHandshake = { sessionId, facts };
  try {
    await confirm(target, handshake, signal);
  } catch (error) {
    await endSession(target, handshake);
    throw error;
  }
  return handshake;
}

/** The headers of every message within a session. */
export function sessionHeaders({ sessionId, facts }: LegacyHandshake): Record<string, string> {
  return {
    'mcp-protocol-version': facts.protocolVersion,
    ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
  };
}

/** Ends a session at the server. Best effort: servers may refuse (405), have forgotten it, or be gone. */
export async function endSession(target: HttpTarget, handshake: LegacyHandshake): Promise<void> {
  if (handshake.sessionId === undefined) return;
  using bounds = boundRequest({ server: target.server, signals: [], timeouts: SIDE_TIMEOUTS });
  try {
    const { response } = await sendHttp(target, bounds, { method: 'DELETE', headers: sessionHeaders(handshake) });
    drain(target, response);
  } catch {
    // The server will expire the session.
  }
}

async function askToInitialize(
  target: HttpTarget,
  client: ClientFacts,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  using bounds = boundHandshake(target, signal);
  const params = { protocolVersion: LEGACY_VERSIONS[0], ...client };
  const message = { jsonrpc: '2.0', id: target.nextId(), method: 'initialize', params } as const;
  return await answerOf(post({ target, bounds, headers: {}, message }));
}

async function confirm(target: HttpTarget, handshake: LegacyHandshake, signal: AbortSignal | undefined): Promise<void> {
  using bounds = boundHandshake(target, signal);
  const message = { jsonrpc: '2.0', method: 'notifications/initialized' } as const;
  const headers = sessionHeaders(handshake);
  const { failure, isSessionLost } = await answerOf(post({ target, bounds, headers, message }));
  if (failure !== undefined) throw failure.error;
  if (isSessionLost === true) throw sessionLost(target);
}
