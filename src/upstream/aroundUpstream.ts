import type { Upstream } from './upstream.ts';

/** Makes an Upstream that does some things in another way, and all else as the one that it stands around. */
export function aroundUpstream(
  upstream: Upstream,
  others: Partial<Pick<Upstream, 'ask' | 'listen' | 'park'>>,
): Upstream {
  const join = upstream.join?.bind(upstream);
  const park = upstream.park?.bind(upstream);
  return {
    server: upstream.server,
    secrets: upstream.secrets,
    get facts() {
      return upstream.facts;
    },
    get waiting() {
      return upstream.waiting ?? 0;
    },
    ask: (request, options) => upstream.ask(request, options),
    listen: (options) => upstream.listen(options),
    tell: (notification, options) => upstream.tell(notification, options),
    reply: (id, outcome) => upstream.reply(id, outcome),
    ...(join !== undefined && { join }),
    ...(park !== undefined && { park }),
    ...others,
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
