import { noCommonVersion, notMcp } from '../../mcp/failures.ts';
import { readDiscoverError, readDiscoverResult } from '../serverFacts.ts';
import { answerOf, resultOf, throwUnlessEvidence, unanswered, type Answer } from './answer.ts';
import { sendModern } from './modernExchange.ts';
import { createModernUpstream } from './modernUpstream.ts';
import { boundHandshake, type Attempt } from './handshake.ts';
import { UpstreamError } from '../upstreamError.ts';
import { chooseVersion, LEGACY_VERSIONS, MODERN_VERSIONS } from '../../mcp/eras.ts';
import type { ClientFacts, Upstream } from '../upstream.ts';
import type { HttpTarget } from './target.ts';

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
): Promise<Attempt<{ readonly upstream: Upstream }>> {
  const answer = await ask(target, client, { version, signal });
  const { status, response } = answer;
  throwUnlessEvidence(answer);
  if (response !== undefined && 'error' in response) {
    const error = new UpstreamError(target, response.error);
    const read = readDiscoverError(response.error);
    if ('isLegacy' in read) return { otherEra: error, status };
    if ('isModernError' in read) throw error;
    const other = chooseVersion(MODERN_VERSIONS, read.supported);
    if (other === undefined) return withoutModernVersion(target, status, read.supported);
    // It may even be the version just refused: another machine behind the same address may serve it.
    if (!isRetried) return await attemptModern(target, client, signal, other, true);
    throw error;
  }
  if (response === undefined && answer.interrupted === undefined) {
    return { otherEra: unanswered(target, answer), status };
  }
  const read = readDiscoverResult(target, resultOf(target, answer));
  if ('isLegacy' in read) {
    return { otherEra: notMcp(target, 'answers server/discover in a way of its own'), status };
  }
  if ('supported' in read) return withoutModernVersion(target, status, read.supported);
  const { facts } = read;
  return { upstream: createModernUpstream({ target, client, version: facts.protocolVersion }, facts) };
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
function withoutModernVersion(target: HttpTarget, status: number, theirs: readonly string[]): Attempt<never> {
  const error = noCommonVersion(target, theirs);
  if (chooseVersion(LEGACY_VERSIONS, theirs) === undefined) throw error;
  return { otherEra: error, status };
}
