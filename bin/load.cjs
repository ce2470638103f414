'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const keepCompiled = require('./compileCache.cjs');
const resolveModules = require('./resolveModules.cjs');

/** Starts a program: of a clone its source, of the package what was compiled from it. */
module.exports = function load(program) {
  const clone = join(__dirname, '..');
  const [root, extension] = existsSync(join(clone, program + '.ts')) ? [clone, '.ts'] : [join(clone, 'dist'), '.js'];
  // The CLI only: a gateway starts seldom, and may have no folder to write to.
  if (program === 'cli/main') {
    keepCompiled();
    resolveModules(root, extension);
  }
  import(pathToFileURL(join(root, program + extension)).href);
};
