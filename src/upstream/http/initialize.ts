import { z } from 'zod';
import { noCommonVersion, notMcp, sessionLost } from '../../mcp/failures.ts';
import { drain } from './answerBody.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { post, type Answer } from './jsonRpcHttp.ts';
import { resultOf, throwUnlessEvidence } from '../result.ts';
import { sendHttp } from './httpRequest.ts';
import { SIDE_TIMEOUTS, startCall } from './call.ts';
import { startHandshake } from './handshake.ts';
import { UpstreamError } from '../upstreamError.ts';
import { chooseVersion, LEGACY_VERSIONS } from '../../mcp/eras.ts';
import type { AppError } from '../../errors/appError.ts';
import type { ClientInfo, ServerFacts } from '../session.ts';
import type { Endpoint } from './endpoint.ts';

/** One session at a legacy server. */
export interface LegacyHandshake {
  /** Absent when the server keeps no sessions. */
  readonly sessionId: string | undefined;
  readonly facts: ServerFacts;
}

const jsonObject = z.custom<JsonObject>(isJsonObject);
const orAbsent = <T>(value: T | null | undefined): T | undefined => value ?? undefined;
const initializeSchema = z.object({
  protocolVersion: z.string(),
  capabilities: jsonObject,
  // Some servers write null for what is absent.
  serverInfo: jsonObject.nullish().transform(orAbsent),
  instructions: z.string().nullish().transform(orAbsent),
});

/** Visible ASCII (MCP 2025-11-25, basic/transports, Session Management); the length is our bound. */
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/**
 * Opens a legacy session: `initialize`, then `notifications/initialized` (MCP 2025-11-25, basic/lifecycle).
 * @returns what to report when the server does not know `initialize`
 * @throws UpstreamError, Unavailable
 */
export async function initialize(
  endpoint: Endpoint,
  clientInfo: ClientInfo,
): Promise<LegacyHandshake | { readonly refused: AppError; readonly status: number }> {
  const answer = await askToInitialize(endpoint, clientInfo);
  const { status, response, failure, sessionId } = answer;
  throwUnlessEvidence(answer);
  if (response !== undefined && 'error' in response) {
    return { refused: new UpstreamError(endpoint, response.error), status };
  }
  if (failure !== undefined) return { refused: failure.error, status };
  const { data } = initializeSchema.safeParse(resultOf(endpoint, answer));
  if (data === undefined) throw notMcp(endpoint, 'answers initialize in a way of its own');
  if (chooseVersion(LEGACY_VERSIONS, [data.protocolVersion]) === undefined) {
    throw noCommonVersion(endpoint, [data.protocolVersion]);
  }
  if (sessionId !== undefined && !SESSION_ID.test(sessionId)) throw notMcp(endpoint, 'gave out a malformed session id');
  const { protocolVersion, capabilities, serverInfo, instructions } = data;
  const handshake: LegacyHandshake = {
    sessionId,
    facts: { era: 'legacy', protocolVersion, serverInfo, capabilities, instructions },
  };
  try {
    await confirm(endpoint, handshake);
  } catch (error) {
    await endSession(endpoint, handshake);
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
export async function endSession(endpoint: Endpoint, handshake: LegacyHandshake): Promise<void> {
  if (handshake.sessionId === undefined) return;
  using call = startCall({ endpoint, signals: [], timeouts: SIDE_TIMEOUTS });
  try {
    const { response } = await sendHttp(endpoint, call, { method: 'DELETE', headers: sessionHeaders(handshake) });
    drain(endpoint, response.body);
  } catch {
    // The server will expire the session.
  }
}

async function askToInitialize(endpoint: Endpoint, clientInfo: ClientInfo): Promise<Answer> {
  using call = startHandshake(endpoint);
  const params = { protocolVersion: LEGACY_VERSIONS[0], capabilities: {}, clientInfo };
  const message = { jsonrpc: '2.0', id: endpoint.nextId(), method: 'initialize', params } as const;
  return await post({ endpoint, call, headers: {}, message });
}

async function confirm(endpoint: Endpoint, handshake: LegacyHandshake): Promise<void> {
  using call = startHandshake(endpoint);
  const message = { jsonrpc: '2.0', method: 'notifications/initialized' } as const;
  const { failure, isSessionLost } = await post({ endpoint, call, headers: sessionHeaders(handshake), message });
  if (failure !== undefined) throw failure.error;
  if (isSessionLost) throw sessionLost(endpoint);
}
