import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type Router from '@koa/router';
import { NotFound } from '../errors.ts';
import { buildOpenApi } from './openApi.ts';

/** The files of Swagger UI that its page needs, and their types. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>MetaMCP API</title>
<link rel="stylesheet" href="/swagger-ui/swagger-ui.css">
<link rel="icon" href="/swagger-ui/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/swagger-ui/swagger-ui-bundle.js"></script>
<script src="/swagger-ui/start.js"></script>
</body>
</html>
`;

// A file of its own, so that the page's content security policy can forbid inline scripts.
const START = `SwaggerUIBundle({ url: '/api-docs/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** Adds the OpenAPI document and the page that shows it. Public: they say nothing about this installation. */
export function addDocs(router: Router, version: string): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  // Built when first asked for: parsing the sources takes a while, and most processes are never asked.
  let document: object | undefined;

  router.get('/api-docs/openapi.json', (ctx) => {
    ctx.body = document ??= buildOpenApi(version);
  });
  router.get('/swagger-ui', (ctx) => {
    ctx.type = 'text/html';
    ctx.body = PAGE;
  });
  router.get('/swagger-ui/start.js', (ctx) => {
    ctx.type = 'text/javascript';
    ctx.body = START;
  });
  router.get('/swagger-ui/:asset', async (ctx) => {
    const asset = ctx.params['asset'] ?? '';
    const type = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (type === undefined) throw new NotFound('no-such-resource', 'There is no such file.');
    ctx.type = type;
    ctx.set('cache-control', 'public, max-age=3600');
    ctx.body = await readFile(join(folder, asset));
  });
}
