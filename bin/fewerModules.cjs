'use strict';
const { existsSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { fileURLToPath } = require('node:url');

/**
 * Leaves out modules that programs load and nobody uses. Of zod, the translations of its messages: 60 modules, a fifth of what a command
 * loads. Of what Ink loads, 400 of the 415 modules of es-toolkit: it calls one function. Where a library has another layout, everything is
 * loaded as before.
 */
module.exports = function loadFewerModules() {
  registerHooks({
    resolve(specifier, context, next) {
      const from = context.parentURL || '';
      if (specifier === '../locales/index.js' && /\/zod\/v4\/(classic|core)\//.test(from)) {
        return next('../locales/en.js', context);
      }
      const found = next(specifier, context);
      if (specifier !== 'es-toolkit/compat' || !from.endsWith('/ink/build/ink.js')) return found;
      const url = found.url.replace(/\/index\.mjs$/, '/function/throttle.mjs');
      return existsSync(fileURLToPath(url)) ? { ...found, url } : found;
    },
  });
};
