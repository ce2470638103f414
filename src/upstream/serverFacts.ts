import { z } from 'zod';
import { chooseVersion, LEGACY_VERSIONS, MODERN_VERSIONS } from '../mcp/eras.ts';
import { HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION } from '../mcp/errorCodes.ts';
import { noCommonVersion, notMcp, tooLarge, type ServerLabel } from '../mcp/failures.ts';
import { isJsonObject, type JsonObject, type JsonRpcErrorBody } from '../mcp/jsonRpc.ts';
import { listOf } from './listOf.ts';
import type { ServerFacts } from './upstream.ts';

/** Only modern servers know them. */
const MODERN_ERRORS: ReadonlySet<number> = new Set([HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION]);

/** Of what a server says about itself, in characters of JSON: it is kept for each session, and clients of the aggregate get it. */
const MAX_CHARACTERS = 1024 * 1024;

const isString = (value: unknown): value is string => typeof value === 'string';
const jsonObject = z.custom<JsonObject>(isJsonObject);
const orAbsent = <T>(value: T | null | undefined): T | undefined => value ?? undefined;
// Some servers write null for what is absent.
const initializeSchema = z.object({
  protocolVersion: z.string(),
  capabilities: jsonObject,
  serverInfo: jsonObject.nullish().transform(orAbsent),
  instructions: z.string().nullish().transform(orAbsent),
});
const discoverSchema = z.object({
  supportedVersions: listOf(isString),
  capabilities: jsonObject,
  instructions: z.string().nullish(),
  _meta: z.object({ 'io.modelcontextprotocol/serverInfo': jsonObject.nullish() }).nullish(),
});
const unsupportedSchema = z.object({ supported: listOf(isString) });

/** A server that answers `server/discover` names the versions that it speaks, none of which is a modern one of ours. */
interface OtherVersions {
  readonly supported: readonly string[];
}

/** It is no answer of a modern server's. */
interface Legacy {
  readonly isLegacy: true;
}

/** Reads the result of `initialize` (MCP 2025-11-25, basic/lifecycle). @throws Unavailable, also when it is too large */
export function readInitializeResult(server: ServerLabel, result: JsonObject): ServerFacts {
  const { data } = initializeSchema.safeParse(result);
  if (data === undefined) throw notMcp(server, 'answers initialize in a way of its own');
  const { protocolVersion } = data;
  if (chooseVersion(LEGACY_VERSIONS, [protocolVersion]) === undefined) throw noCommonVersion(server, [protocolVersion]);
  return bounded(server, { era: 'legacy', ...data });
}

/** Reads the result of `server/discover` (MCP 2026-07-28, server/discover). @throws Unavailable when it is too large */
export function readDiscoverResult(
  server: ServerLabel,
  result: JsonObject,
): { readonly facts: ServerFacts } | OtherVersions | Legacy {
  const { data } = discoverSchema.safeParse(result);
  if (data === undefined) return { isLegacy: true };
  const { supportedVersions, capabilities, instructions, _meta } = data;
  const protocolVersion = chooseVersion(MODERN_VERSIONS, supportedVersions);
  if (protocolVersion === undefined) return { supported: supportedVersions };
  const serverInfo = _meta?.['io.modelcontextprotocol/serverInfo'] ?? undefined;
  const facts = {
    era: 'modern',
    protocolVersion,
    serverInfo,
    capabilities,
    instructions: instructions ?? undefined,
  } as const;
  return { facts: bounded(server, facts) };
}

function bounded(server: ServerLabel, facts: ServerFacts): ServerFacts {
  if (JSON.stringify(facts).length <= MAX_CHARACTERS) return facts;
  throw tooLarge(server, `an introduction of more than ${MAX_CHARACTERS} characters`);
}

/** Reads an error that answers `server/discover`: any but those of modern servers comes from a legacy one. */
export function readDiscoverError({
  code,
  data,
}: JsonRpcErrorBody): OtherVersions | Legacy | { readonly isModernError: true } {
  if (!MODERN_ERRORS.has(code)) return { isLegacy: true };
  if (code !== UNSUPPORTED_VERSION) return { isModernError: true };
  return { supported: unsupportedSchema.safeParse(data).data?.supported ?? [] };
}
