import { readFileSync } from 'node:fs';

// package.json lies beside `src` in a clone, and beside `dist` when installed.
const file = new URL(import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json', import.meta.url);

// It is our own file, so nothing is to be checked; a schema would be the most of what the first frame of the TUI loads.
const { version, engines } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};

/** The version of this program. */
export const VERSION = version;

/** The oldest version of Node.js that runs it. */
export const NODE_NEEDED = engines.node.replace('>=', '');
