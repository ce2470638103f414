import { readFileSync } from 'node:fs';
import { z } from 'zod';

// package.json lies beside `src` in a clone, and beside `dist` when installed.
const file = new URL(import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json', import.meta.url);

/** The version of this program. */
export const VERSION = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
