'use strict';
const { enableCompileCache } = require('node:module');
const { homedir } = require('node:os');
const { join } = require('node:path');

/**
 * Has Node keep what it compiles, and what it makes of TypeScript, in the user's own folder: in the shared temporary folder,
 * Node's default, another user could plant compiled code. Before anything else is imported, or that would not be kept.
 */
module.exports = function keepCompiled() {
  const folder = userCacheFolder();
  if (folder !== undefined) enableCompileCache(join(folder, 'metamcp', 'compiled'));
};

function userCacheFolder() {
  try {
    return process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  } catch {
    // A user id without a home, as in some containers.
    return undefined;
  }
}
