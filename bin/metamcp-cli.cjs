#!/usr/bin/env node
'use strict';
// Any Node reads this file: it has no syntax newer than ES5.
require('./nodeVersion.cjs');
require('./load.cjs')('cli/main');
