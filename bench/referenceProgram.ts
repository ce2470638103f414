import { createInterface } from 'node:readline';
import { referenceAnswer } from './referenceAnswers.ts';

// The reference server as a program on stdio. It ends with its input.

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line) as { id?: unknown; method?: unknown };
  if (id === undefined) continue;
  // A legacy server does not know what a modern client asks first.
  const error = { code: -32601, message: 'Method not found' };
  const unknown = method === 'server/discover' ? JSON.stringify({ jsonrpc: '2.0', id, error }) : undefined;
  process.stdout.write(`${unknown ?? referenceAnswer(id, method)}\n`);
}
