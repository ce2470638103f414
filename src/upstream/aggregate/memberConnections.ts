import { covers } from '../../access/grants.ts';
import type { Upstream } from '../upstream.ts';
import type { Member, Members } from './member.ts';
import { MemberConnection, type MemberConnectionOptions, type ParkedConnection } from './memberConnection.ts';

export interface MemberConnectionsOptions extends MemberConnectionOptions {
  /** Gets each conversation that has been opened, before anybody uses it. */
  readonly onOpen: (place: string, upstream: Upstream) => Promise<void>;
}

/** The conversations of an aggregate: one for each member, as members come and go. */
export class MemberConnections implements AsyncDisposable {
  readonly #members: Members;
  readonly #options: MemberConnectionsOptions;
  readonly #byServer = new Map<string, MemberConnection>();
  readonly #listeners = new Set<() => void>();
  readonly #stop: () => void;
  #soleAt: string | undefined;

  /** @param parked those that others have left, to go on with; the session at what is no member any more is ended */
  constructor(members: Members, options: MemberConnectionsOptions, parked: readonly ParkedConnection[] = []) {
    this.#members = members;
    this.#options = options;
    for (const one of parked) {
      const member = members.all.find(({ server, listsKey }) => server === one.server && listsKey === one.listsKey);
      if (member === undefined) void one.upstream[Symbol.asyncDispose]();
      else this.#add(member, one);
    }
    this.#stop = members.onChange(() => {
      this.#follow();
      for (const listener of this.#listeners) listener();
    });
  }

  /** In the order of the members. */
  get all(): readonly MemberConnection[] {
    return this.#members.all.map((member) => this.#of(member));
  }

  /** Those that hold a conversation. */
  get open(): readonly MemberConnection[] {
    return [...this.#byServer.values()].filter(({ isOpen }) => isOpen);
  }

  /**
   * The only member, where its names and tools pass as they are, and all of it is granted: then all of it passes. One that comes
   * after another such one is none: the client may hold ids of that one, which are as the server wrote them.
   */
  get sole(): MemberConnection | undefined {
    const { all } = this.#members;
    const [only] = all;
    if (all.length !== 1 || only?.prefix !== '' || only.hold !== undefined || only.grant !== 'all') return undefined;
    this.#soleAt ??= only.place;
    return this.#soleAt === only.place ? this.#of(only) : undefined;
  }

  get(server: string): MemberConnection | undefined {
    const known = this.#byServer.get(server);
    if (known !== undefined) return known;
    const member = this.#members.all.find((one) => one.server === server);
    return member && this.#of(member);
  }

  /** Finds the member at a place. */
  at(place: string): MemberConnection | undefined {
    const member = this.#members.all.find((one) => one.place === place);
    return member && this.#of(member);
  }

  /** The member that ids without a place are of: what was the only one passed as it was. */
  get ofPlainIds(): MemberConnection | undefined {
    return this.#soleAt === undefined ? undefined : this.at(this.#soleAt);
  }

  /** The member whose names have no prefix. */
  get unprefixed(): MemberConnection | undefined {
    const member = this.#members.all.find(({ prefix }) => prefix === '');
    return member && this.#of(member);
  }

  /** Adds a listener for other members; returns what removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Parks all of them, for others to go on with; undefined where one of them can't be parked now. */
  park(): readonly ParkedConnection[] | undefined {
    const all = [...this.#byServer.values()];
    if (!all.every(({ canBeParked }) => canBeParked)) return undefined;
    this.#stop();
    this.#byServer.clear();
    // An array that has grown has room that a parked session does not need.
    return all.flatMap((connection) => connection.park() ?? []).slice();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    const all = [...this.#byServer.values()];
    this.#byServer.clear();
    await Promise.all(all.map((connection) => connection[Symbol.asyncDispose]()));
  }

  #of(member: Member): MemberConnection {
    const known = this.#byServer.get(member.server);
    if (known?.member.listsKey === member.listsKey && !isTakenFromWaiting(known, member)) {
      known.member = member;
      return known;
    }
    void known?.[Symbol.asyncDispose]();
    return this.#add(member);
  }

  #add(member: Member, parked?: ParkedConnection): MemberConnection {
    const { onOpen } = this.#options;
    const opened = (upstream: Upstream): Promise<void> => onOpen(member.place, upstream);
    const connection = new MemberConnection(member, this.#options, opened, parked);
    this.#byServer.set(member.server, connection);
    return connection;
  }

  /** Ends the conversations with what is no member any more. */
  #follow(): void {
    const members = new Map(this.#members.all.map((member) => [member.server, member]));
    for (const [server, connection] of this.#byServer) {
      const member = members.get(server);
      if (member?.listsKey === connection.member.listsKey && !isTakenFromWaiting(connection, member)) {
        connection.member = member;
        continue;
      }
      this.#byServer.delete(server);
      void connection[Symbol.asyncDispose]();
    }
  }
}

/** A call that waits for its client may be of a tool that the client may call no more. */
function isTakenFromWaiting({ member, current }: MemberConnection, { grant }: Member): boolean {
  return grant !== member.grant && (current?.waiting ?? 0) > 0 && !covers(grant, member.grant);
}
