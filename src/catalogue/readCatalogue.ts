import type { AppError } from '../errors/appError.ts';
import { listPrompts, listResources, listResourceTemplates, listTools } from '../upstream/catalogue.ts';
import { EMPTY, type Listing } from '../upstream/lists.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { UpstreamError } from '../upstream/upstreamError.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';

/** What a server has just offered. */
export interface ReadCatalogue {
  readonly offered: OfferedCatalogue;
  /** Why one of its lists is the one from before, or empty; undefined: it gave all of them. */
  readonly fault: AppError | undefined;
}

/**
 * Asks a server for all that it offers, one list after the other. A list that it refuses to give costs that list only.
 * @param before what it offered last, in this era and to these clients
 * @throws UpstreamError when it refuses all of them; Unavailable, the reason of the signal
 */
export async function readCatalogue(
  upstream: Upstream,
  signal: AbortSignal,
  before: OfferedCatalogue | undefined,
): Promise<ReadCatalogue> {
  const faults: UpstreamError[] = [];
  let given = 0;

  async function orBefore<T>(listing: Promise<Listing<T>>, last: Listing<T> | undefined): Promise<Listing<T>> {
    try {
      const read = await listing;
      // What it does not declare, it was not asked for.
      if (read !== EMPTY) given += 1;
      const { items, ttlMs, cacheScope } = read;
      return { items, ttlMs, cacheScope };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      faults.push(error);
      return last ?? EMPTY;
    }
  }

  const was = before?.lists;
  const tools = await orBefore(listTools(upstream, { signal }), was?.tools);
  const prompts = await orBefore(listPrompts(upstream, { signal }), was?.prompts);
  const resources = await orBefore(listResources(upstream, { signal }), was?.resources);
  const resourceTemplates = await orBefore(listResourceTemplates(upstream, { signal }), was?.resourceTemplates);
  const [fault] = faults;
  if (given === 0 && fault !== undefined) throw fault;
  // Read last: a legacy server that has lost its session has introduced itself anew.
  return { offered: { facts: upstream.facts, lists: { tools, prompts, resources, resourceTemplates } }, fault };
}
