import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Opens a conversation with a server as the gateway itself. @throws AppError */
export type OpenAsGateway = (server: LiveServer, era: Era, signal: AbortSignal) => Promise<Upstream>;
