import { createInterface } from 'node:readline';
import { ProgressTools, type Message } from './progressTools.ts';

/** The tools over stdio. */
const tools = new ProgressTools();
createInterface({ input: process.stdin }).on('line', (line) => {
  tools.take(JSON.parse(line) as Message, (message) => void process.stdout.write(`${JSON.stringify(message)}\n`));
});
