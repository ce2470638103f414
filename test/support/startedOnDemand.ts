import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that a whole test run shares, and that starts when the first test asks for it. */
export interface StartedOnDemand extends AsyncDisposable {
  /** Where test processes ask for the server's own URL. */
  readonly url: string;
}

/** Lets test processes share what `start` starts: most runs of a single file need none of it. */
export async function startOnDemand(
  start: () => Promise<AsyncDisposable & { readonly url: string }>,
): Promise<StartedOnDemand> {
  let started: ReturnType<typeof start> | undefined;
  const listener = createServer((_request, response) => {
    started ??= start();
    started.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await (await started?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/** Asks for the URL of a shared server, which starts if it does not run yet. @throws Error with what kept it from starting */
export async function urlOfStarted(url: string): Promise<string> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}
