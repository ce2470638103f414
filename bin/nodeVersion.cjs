'use strict';
// Ends the process with a sentence where Node is too old; it would be a stack trace of an import that is missing there.
// Any Node reads this file: it has no syntax newer than ES5.
var required = require('../package.json').engines.node.replace('>=', '');
var have = process.versions.node;

function isOlder(version, than) {
  var parts = version.split('.').map(Number);
  var limits = than.split('.').map(Number);
  for (var index = 0; index < limits.length; index += 1) {
    if (parts[index] !== limits[index]) return parts[index] < limits[index];
  }
  return false;
}

if (isOlder(have, required)) {
  console.error(
    'metamcp needs Node.js ' +
      required +
      ' or newer, and this is ' +
      have +
      ' (' +
      process.execPath +
      '): install one from https://nodejs.org, and let it be the first node in PATH.',
  );
  process.exit(1);
}
