import { readFileSync } from 'node:fs';
import { z } from 'zod';

// package.json lies beside `src` in a clone, and beside `dist` when installed.
const file = new URL(import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json', import.meta.url);

const { version, engines } = z
  .object({ version: z.string(), engines: z.object({ node: z.string() }) })
  .parse(JSON.parse(readFileSync(file, 'utf8')));

/** The version of this program. */
export const VERSION = version;

/** The oldest version of Node.js that runs it. */
export const NODE_NEEDED = engines.node.replace('>=', '');
