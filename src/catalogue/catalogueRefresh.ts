import type { Clock } from '../clock.ts';
import type { CatalogueDigest } from '../commands/mcpCatalogue.ts';
import { AppError } from '../errors/appError.ts';
import type { OnToolChange } from '../events/mcpServer.ts';
import { untilAborted } from '../events/untilAborted.ts';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outageLog.ts';
import { tooLarge } from '../mcp/failures.ts';
import type { Queryable } from '../postgres/database.ts';
import { approvedDefinitions, listApprovedTools } from '../projections/tables/approvedTools.ts';
import { findServer } from '../projections/tables/mcpServers.ts';
import { notifyInvalidation } from '../projections/tables/invalidation.ts';
import { inSlices } from '../slices.ts';
import { audienceId } from './audience.ts';
import { catalogueSteps } from './catalogueDigest.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';
import type { ReadCatalogue } from './readCatalogue.ts';
import type { RecordCatalogue } from './recordCatalogue.ts';
import { catalogueId, type CatalogueOf, type KnownState } from './rememberedCatalogues.ts';
import { contentSteps, formerTools, readContent } from './rememberedContent.ts';
import {
  claimRefresh,
  findRemembered,
  MAX_CATALOGUE_BYTES,
  noteFailure,
  noteOutdated,
  storeCatalogue,
} from './rememberedTable.ts';

/** How long a server may take to give all its lists. */
const READ_MS = 60_000;
/** Audiences for which one server is asked at once by one gateway: one that hangs costs others nothing, and little itself. */
const MAX_AT_ONCE = 2;
/** How old lists may be of a server that names no time, which a legacy one never does. */
const FRESH_MS = 30_000;
/** How old lists may be, whatever time the server names. */
const MAX_FRESH_MS = 600_000;
/** After a failure a server is left alone, doubled with each one. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;
/** A server that changes its lists sends so several times in a row, and some send it for ever. */
const SETTLE_MS = 200;
const CHANGED_EVERY_MS = 2_000;

/** A way to ask a server for what it offers to an audience. */
export interface CatalogueSource extends CatalogueOf {
  readonly onToolChange: OnToolChange;
  /** Reads all that the server offers. @param before what it offered last, where that is at hand @throws AppError */
  read(signal: AbortSignal, before: OfferedCatalogue | undefined): Promise<ReadCatalogue>;
}

export interface CatalogueRefreshOptions {
  readonly db: Queryable;
  readonly record: RecordCatalogue;
  readonly clock: Clock;
  /** Never goes back. */
  readonly steadyClock: Clock;
  readonly logger: Logger;
  /** How long a server may take, in milliseconds. (Default: 60_000) */
  readonly readMs?: number | undefined;
  /** Of lists without a time of their own, in milliseconds. (Default: 30_000) */
  readonly freshMs?: number | undefined;
}

/** Asks servers again for what they offer. */
export interface CatalogueRefresh {
  /** Checks whether a server is to be asked again. @param freshMs how old lists may be that name no time (Default: as the options say) */
  isDue(known: KnownState | undefined, freshMs?: number): boolean;
  /** Asks a server, unless a gateway does so already; ends when what it offers is remembered, or that it failed. Never rejects. */
  refresh(source: CatalogueSource, known: KnownState | undefined): Promise<void>;
  /** A server has sent that its lists changed: whoever asks next has it read again. */
  changed(server: string): void;
  /** Adds a listener for servers of which it is noted that their lists changed; returns what removes it. */
  onOutdated(listener: (server: string) => void): () => void;
}

/** Makes what asks servers, one gateway at a time. docs/architecture.md, What servers offer. */
export function createCatalogueRefresh(options: CatalogueRefreshOptions): CatalogueRefresh {
  const { db, record, clock, steadyClock, logger, readMs = READ_MS, freshMs: usuallyFreshMs = FRESH_MS } = options;
  const outages = createOutageLog({ logger, clock });
  const running = new Map<string, Promise<void>>();
  const atOnce = new Map<string, number>();
  const announced = new Map<string, { readonly timer: NodeJS.Timeout }>();
  const lastAnnounced = new Map<string, number>();
  const listeners = new Set<(server: string) => void>();

  async function ask(source: CatalogueSource, before: OfferedCatalogue | undefined): Promise<ReadCatalogue> {
    const signal = AbortSignal.timeout(readMs);
    const read = await untilAborted(source.read(signal, before), signal);
    if (read === undefined) throw signal.reason;
    return read;
  }

  /** @throws Unavailable when PostgreSQL can't be reached */
  async function refreshNow(source: CatalogueSource, known: KnownState | undefined): Promise<void> {
    const { server, revision, audience } = source;
    const id = { server, audience: audienceId(audience) };
    if (!(await claimRefresh(db, { ...id, key: audience.key, revision, attempts: known?.attempts ?? 0 }))) return;
    let catalogue;
    try {
      const { offered, fault } = await ask(source, known?.offered);
      const plain = await inSlices(contentSteps(offered));
      if (plain.length > MAX_CATALOGUE_BYTES) {
        throw tooLarge({ server }, `lists of ${plain.length} bytes; ${MAX_CATALOGUE_BYTES} are allowed`);
      }
      catalogue = await inSlices(catalogueSteps(offered));
      const content = await withFormer(source, offered, catalogue.digest, plain);
      const failure = fault === undefined ? undefined : codeOf(fault);
      await storeCatalogue(db, { ...id, revision, digest: catalogue.digest, content, failure });
      if (fault === undefined) outages.recovered(nameOf(server));
      else outages.failed(nameOf(server), fault, 'its other lists are served');
    } catch (error) {
      await noteFailure(db, { ...id, revision }, codeOf(error));
      outages.failed(nameOf(server), error, 'what it offered last is listed');
    }
    const notify = (): Promise<void> => notifyInvalidation(db, { keys: [], servers: [], catalogues: [server] });
    // What is seen first is approved by being recorded: nobody is to see it as unapproved before.
    if (known?.digest !== undefined) await notify();
    if (catalogue !== undefined) await recordFound(source, catalogue);
    await notify();
  }

  /** Whoever approves what changed is to see what it was. @throws Unavailable */
  async function withFormer(
    { server, audience, onToolChange }: CatalogueSource,
    offered: OfferedCatalogue,
    digest: string,
    plain: Buffer,
  ): Promise<Buffer> {
    if (onToolChange === 'allow') return plain;
    const row = await findRemembered(db, { server, audience: audienceId(audience) }, digest);
    if (row === undefined || row.content === null || row.digest === null) return plain;
    const before = await readContent(row.content, row.digest);
    const registered = await findServer(db, server);
    if (before === undefined || registered === undefined) return plain;
    const approved = approvedDefinitions(await listApprovedTools(db, server), registered.createdAt);
    const former = await formerTools(before, offered, approved);
    if (former.length === 0) return plain;
    const content = await inSlices(contentSteps(offered, former));
    return content.length > MAX_CATALOGUE_BYTES ? plain : content;
  }

  /** A history that can't be written to keeps nobody from the lists. */
  async function recordFound(
    { server, revision, audience, onToolChange }: CatalogueSource,
    catalogue: CatalogueDigest,
  ): Promise<void> {
    const what = `the history of the catalogue of ${server}`;
    try {
      const row = await findServer(db, server);
      // Another server by now: it is asked itself.
      if (row?.revision !== revision) return;
      const registeredAt = row.createdAt.toISOString();
      await record({ server, revision, audience, registeredAt, onToolChange, catalogue });
      outages.recovered(what);
    } catch (error) {
      outages.failed(what, error, 'lists are served, and the change is recorded later');
    }
  }

  return {
    isDue(known, freshMs = usuallyFreshMs) {
      if (known === undefined) return true;
      const { failure, digest, offered, outdated, readAt = 0 } = known;
      const now = clock();
      if (failure !== undefined) {
        const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(16, failure.times - 1));
        return now - failure.at >= restMs;
      }
      return digest === undefined || outdated || now - readAt >= freshForMs(offered, freshMs);
    },
    refresh(source, known) {
      const id = catalogueId(source);
      const under = running.get(id);
      if (under !== undefined) return under;
      const { server } = source;
      const others = atOnce.get(server) ?? 0;
      if (others >= MAX_AT_ONCE) return Promise.resolve();
      atOnce.set(server, others + 1);
      const done = refreshNow(source, known)
        .catch((error: unknown) => {
          logger.warn({ err: error, server }, 'what a server offers could not be remembered');
        })
        .finally(() => {
          running.delete(id);
          const left = (atOnce.get(server) ?? 1) - 1;
          if (left > 0) atOnce.set(server, left);
          else atOnce.delete(server);
        });
      running.set(id, done);
      return done;
    },
    changed(server) {
      if (announced.has(server)) return;
      const sinceMs = steadyClock() - (lastAnnounced.get(server) ?? -Infinity);
      const note = async (): Promise<void> => {
        announced.delete(server);
        lastAnnounced.set(server, steadyClock());
        await noteOutdated(db, server);
        await notifyInvalidation(db, { keys: [], servers: [], catalogues: [server] });
        for (const listener of listeners) listener(server);
      };
      const timer = setTimeout(
        () => {
          note().catch((error: unknown) => {
            logger.warn({ err: error, server }, 'it could not be noted that the lists of a server changed');
          });
        },
        Math.max(SETTLE_MS, CHANGED_EVERY_MS - sinceMs),
      );
      timer.unref();
      announced.set(server, { timer });
    },
    onOutdated(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function nameOf(server: string): string {
  return `the server ${server}`;
}

function codeOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  return error instanceof DOMException && error.name === 'TimeoutError' ? 'upstream-timeout' : 'internal-error';
}

/** As long as the server allows it, within bounds. */
function freshForMs(offered: OfferedCatalogue | undefined, freshMs: number): number {
  const ttls = Object.values(offered?.lists ?? {}).flatMap(({ items, ttlMs }) => (items.length > 0 ? [ttlMs] : []));
  const shortest = Math.min(...ttls);
  return Number.isFinite(shortest) && shortest > 0
    ? Math.min(MAX_FRESH_MS, Math.max(FIRST_REST_MS, shortest))
    : freshMs;
}
