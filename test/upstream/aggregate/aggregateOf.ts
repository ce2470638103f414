import { randomBytes } from 'node:crypto';
import type { ToolGrant } from '../../../src/access/grants.ts';
import type { Era } from '../../../src/mcp/eras.ts';
import { createTextSeal } from '../../../src/proxy/sealedText.ts';
import { AggregateUpstream, type AggregateOptions } from '../../../src/upstream/aggregate/aggregateUpstream.ts';
import { prefixOf } from '../../../src/upstream/aggregate/exposedNames.ts';
import type { Member, Members } from '../../../src/upstream/aggregate/member.ts';
import { ListMerger } from '../../../src/upstream/aggregate/mergedList.ts';
import { createRememberedLists } from '../../../src/upstream/aggregate/rememberedLists.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';

interface MemberOptions {
  readonly prefix?: string;
  readonly grant?: ToolGrant;
  /** (Default: the name) */
  readonly place?: string;
}

/** Members that a test changes. */
export class TestMembers implements Members {
  readonly era: Era;
  /** What was asked of which server, in order. */
  readonly entered: string[] = [];
  #all: readonly Member[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(era: Era) {
    this.era = era;
  }

  get all(): readonly Member[] {
    return this.#all;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds or replaces a member, or removes it. */
  set(server: string, open: Member['open'] | undefined, options: MemberOptions = {}): void {
    const others = this.#all.filter((member) => member.server !== server);
    const member = open && this.#member(server, open, options);
    this.#all = [...others, ...(member === undefined ? [] : [member])].sort((a, b) => (a.server < b.server ? -1 : 1));
    for (const listener of this.#listeners) listener();
  }

  #member(
    server: string,
    open: Member['open'],
    { prefix = prefixOf(server), grant = 'all', place = homeOf(server) }: MemberOptions,
  ): Member {
    return {
      server,
      place,
      secrets: [],
      prefix,
      grant,
      listsKey: place === homeOf(server) ? server : `${server} ${place}`,
      owner: 'key',
      open,
      noteAnsweredHere: () => undefined,
      enter: ({ method, tool }) => {
        this.entered.push([server, method, ...(tool === undefined ? [] : [tool])].join(' '));
        return { signal: new AbortController().signal, end: () => undefined };
      },
    };
  }
}

/** Makes an aggregate with memory of its own. */
export function aggregateOf(members: Members, options: Partial<AggregateOptions> = {}): AggregateUpstream {
  return new AggregateUpstream({
    members,
    lists: createRememberedLists({ clock: () => performance.now(), waitMs: 1_000 }),
    merger: new ListMerger(),
    protocolVersion: members.era === 'modern' ? '2026-07-28' : '2025-11-25',
    serverInfo: { name: 'metamcp', version: '1' },
    idleMs: 60_000,
    idleAfterCallMs: 60_000,
    cursors: createTextSeal(randomBytes(32), 'cursors of a test'),
    ...options,
  });
}

/** Opens a conversation once: the world of a contract has opened it already. */
export function openedBefore(upstream: Upstream): Member['open'] {
  return () => Promise.resolve(upstream);
}

/** Where a server is that a test does not move. Ids lead back by it, and not by the name. */
export function homeOf(server: string): string {
  return `${server}.home`;
}
