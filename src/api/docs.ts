import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type Router from '@koa/router';
import { NotFound } from '../errors/appError.ts';
import { buildOpenApi } from './openApi.ts';
import type { Route } from './route.ts';
import { staticFile } from './staticFile.ts';

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
<meta name="viewport" content="width=device-width, initial-scale=1">
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
// Swagger UI shows an answer when it has ended, which a feed never does: it gets the first seconds of one.
// It has colours for dark grounds, and leaves it to its page when they are shown.
const START = `const dark = matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followScheme);
followScheme();
const FEED_MS = 6000;
async function firstSeconds(url, options) {
  const cut = new AbortController();
  const answer = await fetch(url, { ...options, signal: cut.signal });
  const timer = setTimeout(() => cut.abort(), FEED_MS);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of answer.body) text += decoder.decode(chunk, { stream: true });
  } catch (error) {
    if (!cut.signal.aborted) throw error;
  }
  clearTimeout(timer);
  return new Response(text, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
}
function requestInterceptor(request) {
  const isFeed = new URL(request.url, location.href).pathname.startsWith('/api/v1/events');
  return isFeed ? Object.assign(request, { userFetch: firstSeconds }) : request;
}
SwaggerUIBundle({ url: '/api-docs/openapi.json', dom_id: '#swagger-ui', deepLinking: true, requestInterceptor });
`;

/** Adds the OpenAPI document and the page that shows it. Public: they have nothing of this installation in them. */
export function addDocs(router: Router, version: string, routes: readonly Route[]): void {
  // Built for the first request: parsing the sources takes a while, and most processes get none.
  const document = staticFile('application/json', () => Buffer.from(JSON.stringify(buildOpenApi(version, routes))));
  const page = staticFile('text/html', () => Buffer.from(PAGE));
  const start = staticFile('text/javascript', () => Buffer.from(START));
  const assets = new Map(
    Object.entries(ASSETS).map(([name, type]) => [name, staticFile(type, () => readFile(join(assetFolder(), name)))]),
  );

  router.get('/api-docs/openapi.json', document);
  router.get('/swagger-ui', page);
  router.get('/swagger-ui/start.js', start);
  router.get('/swagger-ui/:asset', async (ctx) => {
    const asset = assets.get(ctx.params['asset'] ?? '');
    if (asset === undefined) throw new NotFound('no-such-resource', 'There is no such file.');
    await asset(ctx);
  });
}

/** The package has copies of the assets: swagger-ui-dist has ten times as much, and an install script that reports to its makers. */
function assetFolder(): string {
  if (import.meta.filename.endsWith('.js')) return join(import.meta.dirname, '..', '..', 'swaggerUi');
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}
