import { z } from 'zod';
import { HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION } from '../../mcp/errorCodes.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { noCommonVersion, notMcp } from '../../mcp/failures.ts';
import { listOf } from '../listOf.ts';
import { resultOf, throwUnlessEvidence, unanswered } from '../result.ts';
import { sendModern } from './modernRequest.ts';
import { createModernSession } from './modernSession.ts';
import { startHandshake, type Attempt } from './handshake.ts';
import { UpstreamError } from '../upstreamError.ts';
import { chooseVersion, LEGACY_VERSIONS, MODERN_VERSIONS } from '../../mcp/eras.ts';
import type { Answer } from './jsonRpcHttp.ts';
import type { ClientInfo } from '../session.ts';
import type { Endpoint } from './endpoint.ts';

/** Only modern servers know them. */
const MODERN_ERRORS: ReadonlySet<number> = new Set([HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION]);

const isString = (value: unknown): value is string => typeof value === 'string';
const jsonObject = z.custom<JsonObject>(isJsonObject);
const discoverSchema = z.object({
  supportedVersions: listOf(isString),
  capabilities: jsonObject,
  // Some servers write null for what is absent.
  instructions: z.string().nullish(),
  _meta: z.object({ 'io.modelcontextprotocol/serverInfo': jsonObject.nullish() }).nullish(),
});
const unsupportedSchema = z.object({ supported: listOf(isString) });

/**
 * Opens a modern conversation with `server/discover` (MCP 2026-07-28, basic/versioning and basic/transports, Backward
 * Compatibility). Refused credentials, outages and time-outs say nothing about the era: they are thrown.
 * @throws UpstreamError, Unavailable
 */
export async function attemptModern(
  endpoint: Endpoint,
  clientInfo: ClientInfo,
  version: string = MODERN_VERSIONS[0],
  retried = false,
): Promise<Attempt> {
  const answer = await ask(endpoint, clientInfo, version);
  const { status, response } = answer;
  throwUnlessEvidence(answer);
  if (response !== undefined && 'error' in response) {
    const { error } = response;
    if (!MODERN_ERRORS.has(error.code)) return { otherEra: new UpstreamError(endpoint, error), status };
    if (error.code !== UNSUPPORTED_VERSION) throw new UpstreamError(endpoint, error);
    const supported = unsupportedSchema.safeParse(error.data).data?.supported ?? [];
    const other = chooseVersion(MODERN_VERSIONS, supported);
    if (other === undefined) return withoutModernVersion(endpoint, status, supported);
    // It may even be the version just refused: another machine behind the same address may serve it.
    if (!retried) return await attemptModern(endpoint, clientInfo, other, true);
    throw new UpstreamError(endpoint, error);
  }
  if (response === undefined && answer.interrupted === undefined) {
    return { otherEra: unanswered(endpoint, answer), status };
  }
  const { data } = discoverSchema.safeParse(resultOf(endpoint, answer));
  if (data === undefined) return { otherEra: notMcp(endpoint, 'answers server/discover in a way of its own'), status };
  const chosen = chooseVersion(MODERN_VERSIONS, data.supportedVersions);
  if (chosen === undefined) return withoutModernVersion(endpoint, status, data.supportedVersions);
  const facts = {
    era: 'modern',
    protocolVersion: chosen,
    serverInfo: data._meta?.['io.modelcontextprotocol/serverInfo'] ?? undefined,
    capabilities: data.capabilities,
    instructions: data.instructions ?? undefined,
  } as const;
  return { session: createModernSession({ endpoint, clientInfo, version: chosen }, facts) };
}

async function ask(endpoint: Endpoint, clientInfo: ClientInfo, version: string): Promise<Answer> {
  using call = startHandshake(endpoint);
  return await sendModern({ endpoint, clientInfo, version }, { method: 'server/discover', params: {}, call });
}

/** A server of both eras may still be served the legacy way; any other is out of reach. */
function withoutModernVersion(endpoint: Endpoint, status: number, theirs: readonly string[]): Attempt {
  const error = noCommonVersion(endpoint, theirs);
  if (chooseVersion(LEGACY_VERSIONS, theirs) === undefined) throw error;
  return { otherEra: error, status };
}
