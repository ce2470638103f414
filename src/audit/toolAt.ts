import { mcpCatalogueStream } from '../events/mcpCatalogue.ts';
import type { EventStore } from '../events/eventStore.ts';
import { recordedKey } from '../events/recordedKey.ts';
import { CatalogueHistory, isCatalogueEvent, type CatalogueThen } from './catalogueHistory.ts';
import { historyOf } from './history.ts';
import { SpanAt, turnOf, type ReadTurn, type Span } from './spanAt.ts';
import { Usability } from './usability.ts';

/**
 * `offered`; `withheld` until an administrator approves it; `not-offered`; `unknown`: it is not recorded whether the server offered
 * it, because nothing of the server was seen by then, or its list is longer than what is recorded of it.
 */
export type ToolStatus = 'offered' | 'withheld' | 'not-offered' | 'unknown';

/** What there was of a tool at some time. */
export interface ToolThen {
  readonly status: ToolStatus;
  /** When the server was seen to offer what it did then; undefined: it was not. */
  readonly seenAt: string | undefined;
  /** An event of the history of the catalogue can't be read: what it changed is not known. */
  readonly isUnreadable: boolean;
}

/** What an event of a server did to its tools. */
export interface ServerTurn {
  readonly turn: ReadTurn;
  readonly position: bigint;
  readonly registeredAt: Date;
  /** Tools that nobody has approved are withheld. */
  readonly holds: boolean;
}

export interface ToolQuery {
  readonly server: string;
  readonly tool: string;
  /** Ms since the epoch. */
  readonly atMs: number;
  readonly nowMs: number;
  /** The events of the server, in their order. */
  readonly turns: readonly ServerTurn[];
}

/** A tool at some time. */
export interface FollowedTool {
  readonly then: ToolThen;
  /** The span around that time in which a key could have called it, as far as the tool is concerned. */
  spanFor(key: string): Span | undefined;
}

/** Finds whether a server offered a tool at some time, to whom, and whether it was withheld. @throws Unavailable */
export async function followTool(store: EventStore, query: ToolQuery): Promise<FollowedTool> {
  const catalogue = new CatalogueHistory();
  const usability = new Usability();
  const shared = new SpanAt(query.atMs);
  /** Of keys to which the server offers a catalogue of their own. */
  const ofKeys = new Map<string, SpanAt>();
  const turns = [...query.turns];
  const tool = recordedKey(query.tool);
  let now: ServerTurn | undefined;
  let then: ToolThen = { status: 'unknown', seenAt: undefined, isUnreadable: false };

  function apply(turn: ReadTurn): void {
    const offered = now === undefined ? [] : catalogue.of(now.registeredAt);
    const statusFor = (key: string | undefined): ToolStatus =>
      statusOf(offeredTo(offered, key), tool, now?.holds === true);
    for (const { audience } of offered) {
      if (audience.key !== undefined && !ofKeys.has(audience.key)) ofKeys.set(audience.key, shared.branch());
    }
    for (const [key, span] of ofKeys) span.turn(turn, isCallable(statusFor(key)), Infinity);
    const status = statusFor(undefined);
    if (!shared.turn(turn, isCallable(status), Infinity)) return;
    const seenAt = offeredTo(offered, undefined)
      .map((each) => each.seenAt)
      .sort()
      .at(-1);
    then = { status, seenAt, isUnreadable: usability.fault === 'unreadable' };
  }

  function applyServer(before: bigint | undefined): void {
    while (turns[0] !== undefined && (before === undefined || turns[0].position < before)) {
      [now] = turns.splice(0, 1);
      if (now !== undefined) apply(now.turn);
    }
  }

  for await (const recorded of historyOf(store, mcpCatalogueStream(query.server))) {
    applyServer(recorded.position);
    const turn = turnOf(recorded, usability, shared.lastMs);
    if (turn === undefined) continue;
    if (turn.read !== undefined && isCatalogueEvent(turn.read)) catalogue.follow(turn.read);
    apply(turn);
  }
  applyServer(undefined);
  return {
    then,
    spanFor: (key) => (ofKeys.get(key) ?? shared).end(query.nowMs),
  };
}

/** What a key was offered: a catalogue of its own, or else that of everybody. */
function offeredTo(offered: readonly CatalogueThen[], key: string | undefined): readonly CatalogueThen[] {
  const own = offered.filter(({ audience }) => audience.key === key);
  return own.length > 0 || key === undefined ? own : offeredTo(offered, undefined);
}

function statusOf(offered: readonly CatalogueThen[], tool: string, holds: boolean): ToolStatus {
  const lists = offered.map((each) => each.lists.tools);
  const found = lists.flatMap(({ items }) => items.filter(({ key }) => key === tool));
  if (found.length === 0)
    return lists.some(({ count, items }) => count > items.length) || lists.length === 0 ? 'unknown' : 'not-offered';
  return holds && found.every(({ unapproved }) => unapproved !== undefined) ? 'withheld' : 'offered';
}

/** What is not recorded is taken for callable: the question is who could have. */
function isCallable(status: ToolStatus): boolean {
  return status === 'offered' || status === 'unknown';
}
