import { spawnSync } from 'node:child_process';
import { chromium, type Browser, type Page } from 'playwright-core';

/** This machine's Chromium, as Debian names it; undefined where there is none. */
export const CHROMIUM = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim() || undefined;

/** A page, and what it has asked for and complained of. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  /** The URLs of all requests, those that were blocked, too. */
  readonly requests: readonly string[];
  /** Errors and warnings of the console, and what was thrown. */
  readonly complaints: readonly string[];
}

/** Opens an empty page in a browser without a window, whose own services are off. @param more arguments of the browser */
export async function openPage(more: readonly string[] = []): Promise<WatchedPage> {
  const args = [
    ...more,
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
  ];
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args });
  const page = await browser.newPage({ viewport: { width: 1_280, height: 1_600 } });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, requests, complaints, [Symbol.asyncDispose]: () => browser.close() };
}
