import { describeClients } from './matrix.ts';

// The control: what fails here is the fault of the client, the server or the test, not of the gateway.
describeClients(['directly'], () =>
  Promise.resolve({
    open: (_name, url) => Promise.resolve(() => ({ url, headers: {} })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
);
