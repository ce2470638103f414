import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Pool } from 'undici';
import { expect } from 'vitest';
import { scrape, type Scrape } from '../metrics/scrape.ts';

/** Clients at once: more than there are workers. */
export const CLIENTS = 8;

/** Where the clients call the tool of the server `fixture`. */
export interface Called {
  readonly url: string;
  readonly apiKey: string;
  /** Headers of the session in which they call. */
  readonly session: Readonly<Record<string, string>>;
}

const CALL = { name: 'test_simple_text', arguments: {} };
const ANSWER = 'This is a simple text response';

function headersOf({ apiKey, session }: Called): Record<string, string> {
  return {
    'x-api-key': apiKey,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...session,
  };
}

/** Clients that keep their connections and call one after the other, until they are stopped. */
export function startLoad(called: Called) {
  const pool = new Pool(called.url, { connections: CLIENTS, pipelining: 1 });
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const callers = Array.from({ length: CLIENTS }, async (_, caller) => {
    for (let id = 1; !isOver; id += 1) {
      try {
        const { statusCode, body } = await pool.request({
          path: '/mcp/fixture',
          method: 'POST',
          headers: headersOf(called),
          body: JSON.stringify({ jsonrpc: '2.0', id: `${caller} ${id}`, method: 'tools/call', params: CALL }),
        });
        const text = await body.text();
        if (statusCode === 200 && text.includes(ANSWER)) answered += 1;
        else failures.push(`${statusCode} ${text.slice(0, 200)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  });
  return {
    failures,
    grown: async (by = 50) => {
      const before = answered;
      await expect.poll(() => answered >= before + by, { interval: 5 }).toBe(true);
    },
    async stop() {
      isOver = true;
      await Promise.all(callers);
      await pool.close();
    },
  };
}

/** Clients that make a new connection for each call, until nobody listens any more. @returns the calls that were sent and not answered */
export async function callUntilRefused(called: Called, onAnswer: () => void): Promise<string[]> {
  const failures: string[] = [];
  const callers = Array.from({ length: CLIENTS }, async () => {
    for (;;) {
      const asked = request(`${called.url}/mcp/fixture`, {
        method: 'POST',
        agent: false,
        headers: headersOf(called),
      });
      try {
        asked.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: CALL }));
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        const said = await text(answer);
        if (answer.statusCode === 200 && said.includes(ANSWER)) onAnswer();
        else failures.push(`${String(answer.statusCode)} ${said.slice(0, 200)}`);
      } catch (error) {
        // Refused, or reset before it was open: nothing was sent.
        if (error instanceof Error && 'syscall' in error && error.syscall === 'connect') return;
        failures.push(String(error));
      }
    }
  });
  await Promise.all(callers);
  return failures;
}

/** Scrapes until it is stopped. @returns the counters that were smaller than before */
export function startScraping(metricsUrl: string) {
  const backwards: string[] = [];
  let isOver = false;
  const scraping = (async () => {
    let before: Scrape = new Map();
    while (!isOver) {
      const now = await scrape(metricsUrl);
      for (const [series, value] of before) {
        if (/_(total|count|bucket)(\{|$)/.test(series) && !((now.get(series) ?? -1) >= value)) backwards.push(series);
      }
      before = now;
    }
  })();
  return {
    async stop() {
      isOver = true;
      await scraping;
      return backwards;
    },
  };
}
