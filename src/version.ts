import { readFileSync } from 'node:fs';
import { objectIn, textIn } from './storedJson.ts';

// package.json lies beside `src` in a clone, and beside `dist` when installed.
const file = new URL(import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json', import.meta.url);

const { version, engines } = objectIn(JSON.parse(readFileSync(file, 'utf8')));

/** The version of this program. */
export const VERSION = textIn(version);

/** The oldest version of Node.js that runs it. */
export const NODE_NEEDED = textIn(objectIn(engines)['node']).replace('>=', '');
