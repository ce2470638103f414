import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { CHROMIUM, openPage, type WatchedPage } from './chromium.ts';

describe.skipIf(CHROMIUM === undefined)(
  `Swagger UI in a browser${CHROMIUM === undefined ? ' (left out: chromium is not installed)' : ''}`,
  () => {
    let stack: AsyncDisposableStack;
    let gateway: TestGateway;
    let watched: WatchedPage;

    beforeAll(async () => {
      await using opened = new AsyncDisposableStack();
      gateway = opened.use(await startTestGateway());
      const tools = opened.use(await startBackendServer1({ port: 0 }));
      await gateway.addServer('tools', tools.url);
      watched = opened.use(await openPage());
      await watched.page.goto(`${gateway.url}/swagger-ui`);
      stack = opened.move();
    });
    afterAll(() => stack.disposeAsync());

    const operation = (id: string) => watched.page.locator(`[id$="-${id}"]`);

    /** Opens an operation and lets it be tried. */
    async function tryOut(id: string) {
      const block = operation(id);
      await block.locator('.opblock-summary-control').click();
      await block.getByRole('button', { name: 'Try it out' }).click();
      return block;
    }
    async function execute(block: ReturnType<typeof operation>) {
      await block.getByRole('button', { name: 'Execute', exact: true }).click();
      const answer = block.locator('.live-responses-table .response').first();
      return [await answer.locator('.response-col_status').innerText(), await answer.innerText()] as const;
    }

    it('takes a key, registers the server of the example as it is, and runs a tool [http-docs-work]', async () => {
      const { apiKey } = await gateway.createKey({ scopes: ['mcp', 'servers:read', 'servers:write', 'events:read'] });
      const { page } = watched;
      await page.locator('.auth-wrapper .authorize').first().click();
      const dialog = page.locator('.dialog-ux');
      await dialog.locator('input').first().fill(apiKey);
      await dialog.locator('button[type="submit"]').first().click();
      await dialog.getByRole('button', { name: 'Close' }).first().click();

      const [made, server] = await execute(await tryOut('registerServer'));
      expect(made, server).toMatch(/^201/);
      const run = await tryOut('executeTool');
      await run.locator('tr[data-param-name="server"] input').fill('tools');
      const [ran, result] = await execute(run);
      expect(ran, result).toMatch(/^200/);
      expect(result).toContain('5');
    });

    it('shows the first seconds of the live feed [http-docs-work]', async () => {
      const feed = await tryOut('followHealth');
      const [status, text] = await execute(feed);
      expect(status, text).toMatch(/^200/);
      expect(text).toContain('system_health');
    });

    it('is light or dark as its reader has it, and as wide as a phone [http-docs-work]', async () => {
      const { page } = watched;
      const shade = () => page.locator('html').getAttribute('class');
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(shade).toBe('dark-mode');
      await page.emulateMedia({ colorScheme: 'light' });
      await expect.poll(shade).toBe('');
      expect(await page.locator('meta[name="viewport"]').getAttribute('content')).toContain('width=device-width');
    });

    it('loads nothing from elsewhere, under a content security policy, and complains of nothing [http-docs-work]', async () => {
      const { headers } = await fetch(`${gateway.url}/swagger-ui`);
      expect(headers.get('content-security-policy')).toContain("script-src 'self'");
      const { origin } = new URL(gateway.url);
      expect(watched.requests.length).toBeGreaterThan(5);
      const elsewhere = watched.requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'));
      expect([elsewhere, watched.complaints]).toEqual([[], []]);
    });
  },
);
