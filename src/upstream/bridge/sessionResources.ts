import { isJsonObject } from '../../mcp/jsonRpc.ts';
import { SIDE_TIMEOUTS } from '../requestBounds.ts';
import type { Upstream } from '../upstream.ts';
import { UriRoom } from '../uriRoom.ts';

interface Watched {
  count: number;
  /** Whether the server tells of it, behind what was asked before. */
  asked: Promise<boolean>;
}

/**
 * The resources that clients of one session watch: the server is asked for each once (MCP 2025-11-25, server/resources,
 * Subscriptions), however many clients watch it, and told when the last one has left.
 */
export class SessionResources {
  readonly #upstream: Upstream;
  readonly #watched = new Map<string, Watched>();
  readonly #room = new UriRoom();

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  /** Resources that are watched. */
  get size(): number {
    return this.#watched.size;
  }

  /** Watches a resource until `leave`. @returns whether the server tells of it; false: nothing is to be left */
  async enter(uri: string): Promise<boolean> {
    const resources = this.#upstream.facts.capabilities['resources'];
    if (!isJsonObject(resources) || resources['subscribe'] !== true) return false;
    let watched = this.#watched.get(uri);
    if (watched === undefined) {
      if (!this.#room.take(uri)) return false;
      watched = { count: 0, asked: Promise.resolve(false) };
      this.#watched.set(uri, watched);
    }
    const { asked } = watched;
    if (watched.count++ === 0) watched.asked = asked.then((is) => is || this.#ask('resources/subscribe', uri));
    const isHonoured = await watched.asked;
    if (!isHonoured) this.leave(uri);
    return isHonoured;
  }

  leave(uri: string): void {
    const watched = this.#watched.get(uri);
    if (watched === undefined || --watched.count > 0) return;
    watched.asked = watched.asked.then(async (is) => {
      // Somebody came back meanwhile.
      if (watched.count > 0) return is;
      if (is) await this.#ask('resources/unsubscribe', uri);
      if (watched.count === 0 && this.#watched.get(uri) === watched) {
        this.#watched.delete(uri);
        this.#room.giveBack(uri);
      }
      return false;
    });
  }

  /** @returns whether the server has agreed */
  async #ask(method: string, uri: string): Promise<boolean> {
    const signal = AbortSignal.timeout(SIDE_TIMEOUTS.totalMs);
    try {
      for await (const message of this.#upstream.ask({ method, params: { uri } }, { signal })) {
        if (message.kind === 'response') return 'result' in message.response;
      }
    } catch {
      // It does not answer, or is gone.
    }
    return false;
  }
}
