import { z } from 'zod';
import { HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION } from '../../mcp/errorCodes.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { noCommonVersion, notMcp } from '../../mcp/failures.ts';
import { listOf } from '../listOf.ts';
import { answerOf, resultOf, throwUnlessEvidence, unanswered, type Answer } from './answer.ts';
import { sendModern } from './modernExchange.ts';
import { createModernUpstream } from './modernUpstream.ts';
import { boundHandshake, type Attempt } from './handshake.ts';
import { UpstreamError } from '../upstreamError.ts';
import { chooseVersion, LEGACY_VERSIONS, MODERN_VERSIONS } from '../../mcp/eras.ts';
import type { ClientFacts } from '../upstream.ts';
import type { HttpTarget } from './target.ts';

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
  target: HttpTarget,
  client: ClientFacts,
  signal?: AbortSignal,
  version: string = MODERN_VERSIONS[0],
  isRetried = false,
): Promise<Attempt> {
  const answer = await ask(target, client, { version, signal });
  const { status, response } = answer;
  throwUnlessEvidence(answer);
  if (response !== undefined && 'error' in response) {
    const { error } = response;
    if (!MODERN_ERRORS.has(error.code)) return { otherEra: new UpstreamError(target, error), status };
    if (error.code !== UNSUPPORTED_VERSION) throw new UpstreamError(target, error);
    const supported = unsupportedSchema.safeParse(error.data).data?.supported ?? [];
    const other = chooseVersion(MODERN_VERSIONS, supported);
    if (other === undefined) return withoutModernVersion(target, status, supported);
    // It may even be the version just refused: another machine behind the same address may serve it.
    if (!isRetried) return await attemptModern(target, client, signal, other, true);
    throw new UpstreamError(target, error);
  }
  if (response === undefined && answer.interrupted === undefined) {
    return { otherEra: unanswered(target, answer), status };
  }
  const { data } = discoverSchema.safeParse(resultOf(target, answer));
  if (data === undefined) return { otherEra: notMcp(target, 'answers server/discover in a way of its own'), status };
  const chosen = chooseVersion(MODERN_VERSIONS, data.supportedVersions);
  if (chosen === undefined) return withoutModernVersion(target, status, data.supportedVersions);
  const facts = {
    era: 'modern',
    protocolVersion: chosen,
    serverInfo: data._meta?.['io.modelcontextprotocol/serverInfo'] ?? undefined,
    capabilities: data.capabilities,
    instructions: data.instructions ?? undefined,
  } as const;
  return { upstream: createModernUpstream({ target, client, version: chosen }, facts) };
}

async function ask(
  target: HttpTarget,
  client: ClientFacts,
  { version, signal }: { version: string; signal: AbortSignal | undefined },
): Promise<Answer> {
  using bounds = boundHandshake(target, signal);
  const request = { id: target.nextId(), method: 'server/discover', params: {}, bounds };
  return await answerOf(sendModern({ target, client, version }, request));
}

/** A server of both eras may still be served the legacy way; any other is out of reach. */
function withoutModernVersion(target: HttpTarget, status: number, theirs: readonly string[]): Attempt {
  const error = noCommonVersion(target, theirs);
  if (chooseVersion(LEGACY_VERSIONS, theirs) === undefined) throw error;
  return { otherEra: error, status };
}
