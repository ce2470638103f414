'use strict';
const { setFlagsFromString } = require('node:v8');

/**
 * How much V8 copies of small functions into those that call them, in bytes of bytecode; it does 27 and 920. A call passes through hundreds of small
 * functions, and takes 6 to 12 % less CPU so. With 150 and 6,900 it took twice as much in some starts (docs/performance.md).
 */
const FLAGS = ['--max-inlined-bytecode-size-small=100', '--max-inlined-bytecode-size-cumulative=4600'];

/** Has V8 put together more of what a call passes through. A V8 that does not know a flag says so on stderr, and goes on. */
module.exports = function inlineMore() {
  for (const flag of FLAGS) setFlagsFromString(flag);
};
