import type { Era } from '../../src/mcp/eras.ts';
import { TASKS_EXTENSION } from '../../src/mcp/taskNames.ts';
import { UI_EXTENSION } from '../../src/mcp/extensions.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';

/** The revisions that clients speak. */
export const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof REVISIONS)[number];

/** The servers: by the era that they speak, and what carries it. */
export const SERVERS = ['modern-http', 'legacy-http', 'legacy-sse', 'modern-stdio', 'legacy-stdio'] as const;
export type ServerKind = (typeof SERVERS)[number];

/** Where a client reaches them. */
export const ENDPOINTS = ['/mcp/<server>', '/mcp', 'NDJSON'] as const;
export type EndpointKind = (typeof ENDPOINTS)[number];

export interface Side {
  readonly revision: Revision;
  readonly server: ServerKind;
  readonly endpoint: EndpointKind;
}

export function eraOf(revision: Revision): Era {
  return revision === '2026-07-28' ? 'modern' : 'legacy';
}

export function eraOfServer(server: ServerKind): Era {
  return server.startsWith('modern') ? 'modern' : 'legacy';
}

export const SIDES: readonly Side[] = REVISIONS.flatMap((revision) =>
  SERVERS.flatMap((server) => ENDPOINTS.map((endpoint) => ({ revision, server, endpoint }))),
);

/** What a client of a revision declares: all that the revision has. */
export function capabilitiesOf(revision: Revision): JsonObject {
  const roots = eraOf(revision) === 'legacy' ? { listChanged: true } : {};
  const extensions = {
    [UI_EXTENSION]: { mimeTypes: ['text/html;profile=mcp-app'] },
    ...(eraOf(revision) === 'modern' && { [TASKS_EXTENSION]: {} }),
  };
  return { sampling: {}, roots, ...elicitationOf(revision), extensions };
}

function elicitationOf(revision: Revision): JsonObject {
  if (revision < '2025-06-18') return {};
  return { elicitation: revision < '2025-11-25' ? {} : { form: {}, url: {} } };
}
