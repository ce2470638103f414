import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client, ReadResourceResult } from '@modelcontextprotocol/client';
import { check } from './check.ts';

const PNG_SIGNATURE = '89504e470d0a1a0a';

/** How long a cancelled tour may take to reach the logbook. */
const CANCEL_TIMEOUT_MS = 5_000;

/**
 * Reads the resources, fills in the template and the prompt, and takes the tour of backendServer2.
 * @throws Error at the first answer that is not right
 */
export async function useBackendServer2(client: Client, print: (line: string) => void): Promise<void> {
  await readResources(client, print);
  await usePrompt(client, print);
  await takeTour(client, print);
  await cancelTour(client, print);
}

async function readResources(client: Client, print: (line: string) => void): Promise<void> {
  const guide = textOf(await client.readResource({ uri: 'planets://guide' }));
  check('the title of planets://guide', guide.split('\n')[0], '# Planets');
  print(`  ✓ planets://guide is a text of ${guide.length} characters`);

  const { contents } = await client.readResource({ uri: 'planets://icon' });
  const [icon] = contents;
  const bytes = Buffer.from(icon && 'blob' in icon ? icon.blob : '', 'base64');
  check('the first bytes of planets://icon', bytes.toString('hex', 0, 8), PNG_SIGNATURE);
  print(`  ✓ planets://icon is a picture of ${bytes.length} bytes`);

  const { completion } = await client.complete({
    ref: { type: 'ref/resource', uri: 'planets://planet/{name}' },
    argument: { name: 'name', value: 'ma' },
  });
  check('the completion of "ma"', completion.values, ['Mars']);
  print('  ✓ planets://planet/{name} completes "ma" to Mars');

  const mars: unknown = JSON.parse(textOf(await client.readResource({ uri: 'planets://planet/Mars' })));
  check('planets://planet/Mars', mars, { name: 'Mars', distanceAu: 1.52, radiusKm: 3_390 });
  print('  ✓ planets://planet/Mars has the figures of Mars');
}

async function usePrompt(client: Client, print: (line: string) => void): Promise<void> {
  const prompt = await client.getPrompt({ name: 'compare_planets', arguments: { first: 'Venus', second: 'Mars' } });
  const text = 'Compare Venus with Mars in three short sentences.';
  check('compare_planets', prompt.messages, [{ role: 'user', content: { type: 'text', text } }]);
  print(`  ✓ compare_planets makes the prompt "${text}"`);
}

async function takeTour(client: Client, print: (line: string) => void): Promise<void> {
  const steps: number[] = [];
  const tour = await client.callTool(
    { name: 'grand_tour', arguments: { ship: 'Example', pauseMs: 50 } },
    {
      onprogress: ({ progress, total, message }) => {
        steps.push(progress);
        print(`    ${progress}/${total ?? '?'} ${message ?? ''}`);
      },
    },
  );
  check('the progress of grand_tour', steps, [1, 2, 3, 4, 5, 6, 7, 8]);
  check('the end of grand_tour', tour.isError ?? false, false);
  print('  ✓ grand_tour reports its progress, in order');
}

async function cancelTour(client: Client, print: (line: string) => void): Promise<void> {
  const ship = `Example ${randomUUID()}`;
  const cancel = new AbortController();
  const outcome = await client
    .callTool(
      { name: 'grand_tour', arguments: { ship, pauseMs: 500 } },
      { onprogress: () => cancel.abort(), signal: cancel.signal },
    )
    .then(
      () => 'finished',
      () => 'cancelled',
    );
  check('a cancelled grand_tour', outcome, 'cancelled');

  // The call has ended here; that the server has stopped working, too, only its logbook can tell.
  const deadlineMs = performance.now() + CANCEL_TIMEOUT_MS;
  let entry: string | undefined;
  while (entry === undefined && performance.now() < deadlineMs) {
    const logbook = textOf(await client.readResource({ uri: 'planets://logbook' }));
    entry = logbook.split('\n').find((line) => line.startsWith(`${ship}:`));
    if (entry === undefined) await pause(50);
  }
  check('the logbook on the cancelled tour', entry?.match(/: (turned back|passed all)/)?.[1], 'turned back');
  print('  ✓ grand_tour turns back when it is cancelled');
}

function textOf({ contents }: ReadResourceResult): string {
  const [content] = contents;
  return content && 'text' in content ? content.text : '';
}
