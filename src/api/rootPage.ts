import type Router from '@koa/router';
import { CLI_HERE } from '../cliName.ts';
import { originOf } from '../front/client.ts';
import { noteRoute } from '../front/frontResponse.ts';
import { prefersHtml } from '../front/negotiate.ts';
import type { GatewayHealth } from './health.ts';
import { escapeHtml, PAGE_POLICY, pageHtml } from './pageHtml.ts';

export interface RootPageOptions {
  readonly version: string;
  /** Checks each part; resolves within a bounded time. */
  readonly check: () => Promise<GatewayHealth>;
}

/**
 * Adds what stands at `/`: for who opens the gateway's address in a browser, what it is, how it is, and how to connect; the same
 * as JSON for programs. Public: it has no key, and no name of a server. As the other pages, it is not part of the API's document.
 */
export function addRootPage(router: Router, { version, check }: RootPageOptions): void {
  router.get('/', async (ctx) => {
    noteRoute(ctx.res, '/');
    const { ready } = await check();
    const url = `${originOf(ctx.req)}/mcp`;
    ctx.vary('Accept');
    if (prefersHtml(ctx.req.headers.accept)) {
      ctx.set('content-security-policy', PAGE_POLICY);
      ctx.type = 'html';
      ctx.body = rootPage({ version, ready, url });
    } else {
      ctx.type = 'json';
      ctx.body = JSON.stringify({ name: 'MetaMCP', version, ready, mcp: url, api: '/api-docs/openapi.json' });
    }
  });
}

function stateOf({ calls, changes }: GatewayHealth['ready']): readonly [name: string, sentence: string] {
  if (!calls) return ['down', 'Not ready: calls are not served now.'];
  return changes
    ? ['up', 'Ready: calls and changes are served.']
    : ['partly', 'Calls are served; changes of keys and servers are refused for now.'];
}

function rootPage({ version, ready, url }: { version: string; ready: GatewayHealth['ready']; url: string }): string {
  const [state, sentence] = stateOf(ready);
  const mcp = escapeHtml(url);
  return pageHtml(
    'MetaMCP',
    `<h1>MetaMCP</h1>
<p class="quiet">Version ${escapeHtml(version)}</p>
<p>One gateway and one key in front of all your MCP servers.</p>
<p class="state ${state}"><strong>${sentence}</strong> <a href="/health">Details</a></p>
<h2>Connect a client</h2>
<p>Clients use <code>${mcp}</code> with an API key. Where the gateway runs, make a key, and write the settings of a client:</p>
<pre tabindex="0"><code>${CLI_HERE} keys create --name laptop
${CLI_HERE} connect claude-code</code></pre>
<p>Or tell Claude Code yourself, with the key in the variable <code>METAMCP_KEY</code>:</p>
<pre tabindex="0"><code>claude mcp add --transport http metamcp ${mcp} \\
  --header "Authorization: Bearer $METAMCP_KEY"</code></pre>
<h2>More</h2>
<ul>
<li><a href="/swagger-ui">The REST API</a>, to read and to try</li>
<li>The documentation is in the repository: <code>README.md</code> and <code>docs/</code></li>
</ul>`,
  );
}

/** What who opens a path in a browser sees where there is nothing. */
export const NOTHING_HERE = pageHtml(
  'Nothing here · MetaMCP',
  `<h1>There is nothing here</h1>
<p>This is a MetaMCP gateway, and it has nothing at this address. Look whether it is written as you meant it.</p>
<ul>
<li><a href="/">What this gateway is, and how to connect to it</a></li>
<li><a href="/swagger-ui">Its REST API</a></li>
</ul>
<p class="quiet">Clients of MCP use <code>/mcp</code>.</p>`,
);
