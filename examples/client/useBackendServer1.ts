import type { Client } from '@modelcontextprotocol/client';
import { check } from './check.ts';

/**
 * Calls every tool of backendServer1.
 * @throws Error at the first answer that is not right
 */
export async function useBackendServer1(client: Client, print: (line: string) => void): Promise<void> {
  const message = 'Hello, wörld 👋';
  const echo = await client.callTool({ name: 'echo', arguments: { message } });
  check('echo', echo.structuredContent, { message });
  print(`  ✓ echo answers "${message}"`);

  const sums = [
    { name: 'add', a: 19, b: 23, result: 42 },
    { name: 'subtract', a: 19, b: 23, result: -4 },
    { name: 'multiply', a: 6, b: 7, result: 42 },
    { name: 'divide', a: 1, b: 8, result: 0.125 },
  ];
  for (const { name, a, b, result } of sums) {
    const answer = await client.callTool({ name, arguments: { a, b } });
    check(`${name}(${a}, ${b})`, answer.structuredContent, { result });
    print(`  ✓ ${name}(${a}, ${b}) is ${result}`);
  }

  // A tool that fails answers with a result, not with an exception: the model is meant to read why.
  const failed = await client.callTool({ name: 'divide', arguments: { a: 1, b: 0 } });
  const reason = 'Division by zero: b must not be 0.';
  check('divide(1, 0)', [failed.isError, failed.content], [true, [{ type: 'text', text: reason }]]);
  print(`  ✓ divide(1, 0) fails: ${reason}`);
}
