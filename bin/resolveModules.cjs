'use strict';
const { existsSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { join } = require('node:path');
const { fileURLToPath, pathToFileURL, URL } = require('node:url');

/**
 * Finds modules sooner than Node.js does, and leaves out those that programs load and nobody uses. Where a library has another layout,
 * everything is loaded as before.
 * @param root the folder of the program's own modules
 * @param extension theirs, which says what they all are
 */
module.exports = function resolveModules(root, extension) {
  const folders = ['cli', 'src'].map((name) => pathToFileURL(join(root, name)).href + '/');
  const format = extension === '.ts' ? 'module-typescript' : 'module';
  const isOwn = (url) => folders.some((folder) => url.startsWith(folder));
  registerHooks({
    resolve(specifier, context, next) {
      const from = context.parentURL || '';
      // A file that is there, by no link. To look for it, its links and its package.json takes a tenth of a short command.
      if (specifier.startsWith('.') && specifier.endsWith(extension) && isOwn(from)) {
        return { url: new URL(specifier, from).href, format, shortCircuit: true };
      }
      // 60 translations of zod's messages, a fifth of what a command loads.
      if (specifier === '../locales/index.js' && /\/zod\/v4\/(classic|core)\//.test(from)) {
        return next('../locales/en.js', context);
      }
      // pg's other client, which is not installed: Node.js finds that a name of it is exported, and reads it.
      if (specifier === './native' && from.endsWith('/pg/lib/index.js')) {
        throw Object.assign(new Error('left out'), { code: 'MODULE_NOT_FOUND' });
      }
      const found = next(specifier, context);
      // Ink calls one function of es-toolkit: 400 of its 415 modules are not used.
      if (specifier !== 'es-toolkit/compat' || !from.endsWith('/ink/build/ink.js')) return found;
      const url = found.url.replace(/\/index\.mjs$/, '/function/throttle.mjs');
      return existsSync(fileURLToPath(url)) ? { ...found, url } : found;
    },
  });
};
