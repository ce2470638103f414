'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const keepCompiled = require('./compileCache.cjs');
const loadFewerModules = require('./fewerModules.cjs');

/** Starts a program: of a clone its source, of the package what was compiled from it. */
module.exports = function load(program) {
  const source = join(__dirname, '..', program + '.ts');
  const file = existsSync(source) ? source : join(__dirname, '..', 'dist', program + '.js');
  // The CLI only: a gateway starts seldom, and may have no folder to write to.
  if (program === 'cli/main') {
    keepCompiled();
    loadFewerModules();
  }
  import(pathToFileURL(file).href);
};
