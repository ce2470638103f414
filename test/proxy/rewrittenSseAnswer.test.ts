import { expect, test } from 'vitest';
import { BoundedEvents } from '../../src/proxy/bytes/boundedEvents.ts';
import { filterTools } from '../../src/proxy/toolListFilter.ts';
import { RewrittenSseAnswer } from '../../src/proxy/bytes/rewrittenSseAnswer.ts';

/** An answer that goes into a text. */
function recording() {
  const out: string[] = [];
  const sink = {
    isStream: true,
    data: (chunk: Buffer) => {
      out.push(chunk.toString());
      return 'passed' as const;
    },
    end: () => undefined,
    fail: () => undefined,
    keepAlive: () => undefined,
  };
  const rewrite = (text: string) => filterTools(text, (tool) => tool === 'a');
  const room = { grow: () => undefined, release: () => undefined };
  const options = { server: 'files', maxBytes: 16 * 1024 * 1024, room };
  return { answer: new BoundedEvents(new RewrittenSseAnswer(sink, rewrite), options), out };
}

test('a long event whose end comes byte by byte is looked at once, not once for each byte', async () => {
  const { answer, out } = recording();
  const tools = [{ name: 'a' }, { name: 'b' }];
  const text = `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, pad: 'x'.repeat(8_000_000), result: { tools } })}\n\n`;
  const bytes = Buffer.from(text);
  const drip = bytes.length - 3_000;
  const before = process.cpuUsage();
  await answer.data(bytes.subarray(0, drip));
  for (let at = drip; at < bytes.length; at++) await answer.data(bytes.subarray(at, at + 1));
  const { user, system } = process.cpuUsage(before);
  expect(answer.end()).toBeUndefined();
  expect(out.join('')).toContain('"tools":[{"name":"a"}]');
  // Searching all that has come for each byte reads 24 GB, which takes longer than 10 s.
  expect((user + system) / 1_000).toBeLessThan(3_000);
});
