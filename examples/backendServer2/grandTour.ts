import { setTimeout as pause } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Logbook } from './logbook.ts';
import { planets } from './planets.ts';

/** Adds a tool that takes its time: it reports its progress, and stops when the caller cancels. */
export function addGrandTour(server: McpServer, logbook: Logbook): void {
  server.registerTool(
    'grand_tour',
    {
      title: 'Grand tour',
      description: 'Flies a ship past every planet and reports progress at each.',
      inputSchema: z.object({
        ship: z.string().min(1).max(60).describe('The name of the ship'),
        pauseMs: z.number().int().min(0).max(5_000).default(100).describe('Flight time between planets'),
      }),
      outputSchema: z.object({ visited: z.array(z.string()) }),
      annotations: { destructiveHint: false, openWorldHint: false },
    },
    async ({ ship, pauseMs }, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      const visited: string[] = [];
      try {
        for (const { name } of planets) {
          // The signal fires when the caller cancels; the pause then rejects at once.
          await pause(pauseMs, undefined, { signal: mcpReq.signal });
          visited.push(name);
          if (progressToken === undefined) continue;
          await mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress: visited.length, total: planets.length, message: `Passing ${name}` },
          });
        }
      } catch (error) {
        logbook.add(`${ship}: turned back after ${visited.length} of ${planets.length} planets`);
        throw error;
      }
      logbook.add(`${ship}: passed all ${planets.length} planets`);
      return {
        content: [{ type: 'text', text: `${ship} passed ${visited.join(', ')}.` }],
        structuredContent: { visited },
      };
    },
  );
}
