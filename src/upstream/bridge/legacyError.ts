import {
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  MISSING_CLIENT_CAPABILITY,
  RESOURCE_NOT_FOUND,
  UNSUPPORTED_VERSION,
} from '../../mcp/errorCodes.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import { isJsonObject, type JsonRpcErrorBody } from '../../mcp/jsonRpc.ts';

/** Capabilities that an error names. */
const MAX_NAMED = 10;

/**
 * Makes of a modern server's error what the legacy revisions know: a resource that is not there has a code of its own in them (MCP
 * 2025-11-25, server/resources, Error Handling), and what has come later (MCP 2026-07-28, basic, Error Codes) is none of theirs.
 */
export function legacyError(label: ServerLabel, method: string, error: JsonRpcErrorBody): JsonRpcErrorBody {
  const { code, data } = error;
  const named = isJsonObject(data) ? data : {};
  const { server } = label;
  switch (code) {
    case INVALID_PARAMS:
      return method === 'resources/read' && typeof named['uri'] === 'string'
        ? { ...error, code: RESOURCE_NOT_FOUND }
        : error;
    case MISSING_CLIENT_CAPABILITY: {
      const needed = namesOf(label, named['requiredCapabilities']);
      const message = `The server "${server}" answers this only to a client that declares ${needed}, which this client has not declared.`;
      return internalError(message, 'client-capability-missing', label);
    }
    case HEADER_MISMATCH:
      return internalError(
        `The server "${server}" takes the request’s headers for wrong. They are the gateway’s, not the client’s: list its tools again, then try again.`,
        'upstream-header-mismatch',
        label,
      );
    case UNSUPPORTED_VERSION:
      return internalError(
        `The server "${server}" does not speak the version of MCP any more that it named when it was opened: initialize again.`,
        'upstream-version',
        label,
      );
    default:
      return error;
  }
}

function internalError(message: string, code: string, { server }: ServerLabel): JsonRpcErrorBody {
  return { code: INTERNAL_ERROR, message, data: { code, server } };
}

/** The names of capabilities, and of their members, as in `elicitation.url`. */
function namesOf({ secrets }: ServerLabel, required: unknown): string {
  const names = Object.entries(isJsonObject(required) ? required : {}).flatMap(([name, members]) => {
    const inner = isJsonObject(members) ? Object.keys(members) : [];
    return inner.length === 0 ? [name] : inner.map((member) => `${name}.${member}`);
  });
  if (names.length === 0) return 'more capabilities';
  return names
    .slice(0, MAX_NAMED)
    .map((name) => excerpt(name, secrets))
    .join(', ');
}
