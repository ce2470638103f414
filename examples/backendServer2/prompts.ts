import { completable, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { completePlanet } from './planets.ts';

/** Adds a prompt with two arguments, both of which the client can complete. */
export function addPrompts(server: McpServer): void {
  const planet = (description: string) => completable(z.string().describe(description), completePlanet);

  server.registerPrompt(
    'compare_planets',
    {
      title: 'Compare planets',
      description: 'Asks for a comparison of two planets.',
      argsSchema: z.object({ first: planet('A planet'), second: planet('Another planet') }),
    },
    ({ first, second }) => ({
      description: `${first} and ${second}`,
      messages: [
        { role: 'user', content: { type: 'text', text: `Compare ${first} with ${second} in three short sentences.` } },
      ],
    }),
  );
}
