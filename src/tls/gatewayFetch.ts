import { shownCertificates } from './shownCertificate.ts';

/** What programs of the same installation ask their gateway with. */
export type GatewayFetch = typeof fetch;

/**
 * Makes what calls the gateway of this installation: with TLS it takes exactly the certificate in TLS_CERT_FILE, by whichever name
 * or address the gateway is called, and whoever has issued it. Where this user may not read the file, it is trusted as any other.
 */
export function createGatewayFetch({ certFile }: { readonly certFile: string | undefined }): GatewayFetch {
  if (certFile === undefined) return fetch;
  return async (input, init) => {
    const [shown] = shownCertificates(certFile);
    if (shown === undefined) return fetch(input, init);
    // Loaded only here: most gateways are reached without TLS on their own machine.
    const { Agent, fetch: fetchBy } = await import('undici');
    const dispatcher = new Agent({
      // A connection ends with its answer.
      pipelining: 0,
      connect: {
        ca: shown.toString(),
        allowPartialTrustChain: true,
        checkServerIdentity: (_name, { fingerprint256 }) =>
          fingerprint256 === shown.fingerprint256
            ? undefined
            : new Error('It shows another certificate than the one in TLS_CERT_FILE.'),
      },
    });
    // The types of the package and of Node's own undici differ by version only.
    const call = fetchBy as unknown as typeof fetch;
    const options: object = { ...init, dispatcher };
    return call(input, options);
  };
}
