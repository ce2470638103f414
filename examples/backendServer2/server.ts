import { createMcpHandler, isLegacyRequest, McpServer } from '@modelcontextprotocol/server';
import { listen, runAsProgram, type RunningServer } from '../listen.ts';
import { addGrandTour } from './grandTour.ts';
import { legacySessions } from './legacySessions.ts';
import { createLogbook } from './logbook.ts';
import { addPrompts } from './prompts.ts';
import { addResources } from './resources.ts';

/** Starts the server on 127.0.0.1. The modern era is stateless; the legacy era gets sessions. */
export async function startBackendServer2({ port = 0 }: { port?: number } = {}): Promise<RunningServer> {
  const logbook = createLogbook();

  function createServer(): McpServer {
    const server = new McpServer({ name: 'backendServer2', version: '1.0.0' });
    addResources(server, logbook);
    addPrompts(server);
    addGrandTour(server, logbook);
    return server;
  }

  const modern = createMcpHandler(createServer, { legacy: 'reject' });
  const legacy = legacySessions(createServer);
  return await listen({
    handler: {
      fetch: async (request) => ((await isLegacyRequest(request)) ? legacy.fetch(request) : modern.fetch(request)),
      close: async () => {
        await Promise.all([modern.close(), legacy.close()]);
      },
    },
    port,
  });
}

if (import.meta.main) await runAsProgram('backendServer2', startBackendServer2);
