import { referenceAnswer } from './referenceAnswers.ts';

// The reference server as a program on stdio: what it reads at once it answers at once. It ends with its input.

const UNKNOWN_METHOD = { code: -32601, message: 'Method not found' };

function answer(line: string): string {
  const { id, method } = JSON.parse(line) as { id?: unknown; method?: unknown };
  if (id === undefined) return '';
  // A legacy server does not know what a modern client asks first.
  const isUnknown = method === 'server/discover';
  return `${isUnknown ? JSON.stringify({ jsonrpc: '2.0', id, error: UNKNOWN_METHOD }) : referenceAnswer(id, method)}\n`;
}

let begun = '';
process.stdin.setEncoding('utf8').on('data', (text: string) => {
  const lines = (begun + text).split('\n');
  begun = lines.pop() ?? '';
  process.stdout.write(lines.map(answer).join(''));
});
