'use strict';

/**
 * Of V8's young generation, in MiB: two halves of 64 MiB else, which a gateway under load fills before anything is collected. A call costs
 * the same CPU (docs/performance.md, Memory).
 */
const FLAGS = ['--max-semi-space-size=4'];

/**
 * For glibc's allocator. What hashing a key takes, 19 MiB, goes back to the system, where each of libuv's threads would keep that much; and threads
 * share two arenas.
 */
const VARIABLES = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(8 * 1024 ** 2) };

/**
 * Begins this process again, in place, with bounds for its memory: Node and glibc take them only before they begin. Its id, parent and open files
 * stay. Whoever sets a bound for themselves has theirs.
 */
module.exports = function boundMemory() {
  const { env, execArgv, execPath, argv } = process;
  const isBound = /--max[-_]semi[-_]space[-_]size/.test([...execArgv, env.NODE_OPTIONS].join(' '));
  // Node has a connection to the parent that would be lost, or its system has no such call: it is run as it is, with more memory.
  if (isBound || process.connected || process.execve === undefined || process.platform === 'win32') return;
  process.execve(execPath, [execPath, ...FLAGS, ...execArgv, ...argv.slice(1)], { ...VARIABLES, ...env });
};

module.exports.FLAGS = FLAGS;
module.exports.VARIABLES = VARIABLES;
