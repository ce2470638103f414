import type { ServerNotification } from '../../mcp/jsonRpc.ts';
import type { SideMessage, SubscriptionFilter } from '../upstream.ts';

const LISTS = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
  'notifications/resources/list_changed': 'resourcesListChanged',
} as const satisfies Record<string, keyof SubscriptionFilter>;

/**
 * Collects what one client wants to be told of, and no more than the client has not heard yet: that a list or a resource has
 * changed twice is no news. So a client that takes its time holds no other up.
 */
export class SideListener {
  readonly #filter: SubscriptionFilter;
  /** Resources that it wants to be told of. */
  readonly watched = new Set<string>();
  /** By what they tell of. */
  readonly #waiting = new Map<string, ServerNotification>();
  #end: 'complete' | { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param filter of lists */
  constructor(filter: SubscriptionFilter) {
    this.#filter = filter;
  }

  put(notification: ServerNotification): void {
    const about = this.#about(notification);
    if (about === undefined) return;
    this.#waiting.set(about, notification);
    this.#wake?.();
  }

  /** Nothing comes any more. @param end why, where that is a fault */
  end(end: 'complete' | { readonly error: unknown }): void {
    this.#end ??= end;
    this.#wake?.();
  }

  /** Gives what comes, until the end or the signal. */
  async *read(signal: AbortSignal): AsyncGenerator<SideMessage, void, void> {
    const stop = (): void => this.#wake?.();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        const [first] = this.#waiting;
        if (first !== undefined) {
          const [about, notification] = first;
          this.#waiting.delete(about);
          if (isOfList(about) || this.watched.has(about)) yield { kind: 'notification', notification };
        } else if (this.#end !== undefined) {
          if (this.#end === 'complete') return;
          throw this.#end.error;
        } else {
          const { promise, resolve } = Promise.withResolvers<undefined>();
          this.#wake = () => resolve(undefined);
          await promise;
          this.#wake = undefined;
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** What a notification tells of: a list, by its method, or a resource; undefined: nothing that the client wants. */
  #about({ method, params }: ServerNotification): string | undefined {
    if (isOfList(method)) return this.#filter[LISTS[method]] === true ? method : undefined;
    const uri = params?.['uri'];
    const isUpdate = method === 'notifications/resources/updated' && typeof uri === 'string';
    return isUpdate && this.watched.has(uri) ? uri : undefined;
  }
}

function isOfList(method: string): method is keyof typeof LISTS {
  return Object.hasOwn(LISTS, method);
}
