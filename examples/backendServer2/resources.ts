import { readFile } from 'node:fs/promises';
import { type McpServer, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server';
import type { Logbook } from './logbook.ts';
import { completePlanet, findPlanet, planets } from './planets.ts';

/** Adds two texts, a picture, and a template that makes one resource of each planet. */
export function addResources(server: McpServer, logbook: Logbook): void {
  server.registerResource(
    'guide',
    'planets://guide',
    { title: 'Guide', description: 'What this server knows.', mimeType: 'text/markdown' },
    ({ href }) => ({
      contents: [
        {
          uri: href,
          mimeType: 'text/markdown',
          text: `# Planets\n\n${planets.map(({ name }) => `- ${name}\n`).join('')}`,
        },
      ],
    }),
  );

  server.registerResource(
    'logbook',
    'planets://logbook',
    { title: 'Logbook', description: 'How the latest tours ended.', mimeType: 'text/plain' },
    ({ href }) => ({ contents: [{ uri: href, mimeType: 'text/plain', text: logbook.text() }] }),
  );

  server.registerResource(
    'icon',
    'planets://icon',
    { title: 'Icon', description: 'A planet with a ring.', mimeType: 'image/png' },
    async ({ href }) => ({
      contents: [
        {
          uri: href,
          mimeType: 'image/png',
          blob: await readFile(new URL('icon.png', import.meta.url), 'base64'),
        },
      ],
    }),
  );

  server.registerResource(
    'planet',
    new ResourceTemplate('planets://planet/{name}', {
      list: () => ({ resources: planets.map(({ name }) => ({ name, uri: `planets://planet/${name}` })) }),
      complete: { name: completePlanet },
    }),
    { title: 'Planet', description: 'The figures of one planet.', mimeType: 'application/json' },
    ({ href }, { name }) => {
      const planet = findPlanet(String(name));
      if (!planet) throw new ResourceNotFoundError(href, `${String(name)} is not a planet.`);
      return { contents: [{ uri: href, mimeType: 'application/json', text: JSON.stringify(planet) }] };
    },
  );
}
