/** A fetch that tells when the client's standalone stream (GET) is open. */
export interface StandaloneStream {
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly opened: Promise<void>;
}

/**
 * Wraps fetch for a legacy client. The clients open their GET stream in the background after connecting, and a server
 * may drop what it has to say before; a test that waits for `opened` is told everything.
 */
export function watchStandaloneStream(): StandaloneStream {
  const { promise: opened, resolve } = Promise.withResolvers<undefined>();
  return {
    opened,
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (init?.method === 'GET' && response.ok) resolve(undefined);
      return response;
    },
  };
}
