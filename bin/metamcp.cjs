#!/usr/bin/env node
'use strict';
// Any Node reads this file: it has no syntax newer than ES5.
require('./nodeVersion.cjs');

var isCli = process.argv[2] === 'cli';
if (isCli) process.argv.splice(2, 1);
else {
  require('./boundedMemory.cjs')();
  require('./inlining.cjs')();
}
require('./load.cjs')(isCli ? 'cli/main' : 'src/main');
