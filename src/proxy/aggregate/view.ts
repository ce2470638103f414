import { areSameGrants, type ToolGrant } from '../../access/grants.ts';
import type { Principal } from '../../auth/principal.ts';
import { Unavailable } from '../../errors/appError.ts';
import { credentialFor, serverForKey } from '../../live/keyServer.ts';
import type { LiveServer, LiveServers } from '../../live/liveServer.ts';

/** A server that a key may use, and how much of it. */
export interface ViewEntry {
  readonly server: LiveServer;
  readonly grant: ToolGrant;
}

export interface ViewOptions {
  readonly servers: Pick<LiveServers, 'find' | 'names'>;
  readonly principal: Principal;
  /** What the client has narrowed its view to; undefined: nothing. */
  readonly only: ReadonlySet<string> | undefined;
  /** Names it in sessions. */
  readonly place: string;
}

/** The servers that a key may use through the aggregate, kept true while it is in use. */
export class View {
  readonly place: string;
  readonly only: ReadonlySet<string> | undefined;
  readonly #options: ViewOptions;
  readonly #listeners = new Set<() => void>();
  #principal: Principal;
  #entries: readonly ViewEntry[] | undefined;
  /** What was found last could not be found again. */
  #isStale = false;
  #loading: Promise<void> | undefined;
  #isNarrowed = false;
  #withholdsTools = false;
  #hasProgramsOfSessions = false;
  #generation = 0;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#principal = options.principal;
    this.place = options.place;
    this.only = options.only;
  }

  /** As it was authenticated last. */
  get principal(): Principal {
    return this.#principal;
  }

  /** In the order of their names. */
  get entries(): readonly ViewEntry[] {
    return this.#entries ?? [];
  }

  /** The key may use some tools only of one of them. */
  get isNarrowed(): boolean {
    return this.#isNarrowed;
  }

  /** Tools of one of them may not be called before they are approved. */
  get withholdsTools(): boolean {
    return this.#withholdsTools;
  }

  /** One of them is a program of a session's own, whose state nobody can make anew. */
  get hasProgramsOfSessions(): boolean {
    return this.#hasProgramsOfSessions;
  }

  /** Finds the servers, if they are not known: synchronously when memory knows them. @throws Unavailable */
  ready(): Promise<void> | undefined {
    return this.#entries === undefined || this.#isStale ? (this.#loading ?? this.reload()) : undefined;
  }

  /** The key may use something else now. */
  grantTo(principal: Principal): void {
    if (principal === this.#principal) return;
    const { grants, scopes, key } = this.#principal;
    // A request that was authenticated before the change does not undo it.
    if (key !== undefined && principal.key !== undefined && principal.key.revision < key.revision) return;
    const isOther =
      !areSameGrants(principal.grants, grants) ||
      principal.scopes.has('mcp') !== scopes.has('mcp') ||
      principal.key?.credentials !== key?.credentials;
    this.#principal = principal;
    if (!isOther) return;
    this.#refresh();
    if (this.#loading !== undefined && this.#entries !== undefined)
      this.#take(this.#entries.flatMap((one) => this.#kept(one)));
  }

  /** A server has changed, or is gone. */
  serverChanged(name: string, server: LiveServer | undefined): void {
    if (this.#entries === undefined || !this.#mayHold(name)) return;
    const entry = server && this.#entryOf(server);
    const others = this.#entries.filter((known) => known.server.name !== name);
    if (entry === undefined && others.length === this.#entries.length) return;
    this.#generation++;
    this.#take(entry === undefined ? others : [...others, entry].sort(byName));
  }

  /** Servers have come or gone. */
  namesChanged(): void {
    if (this.#entries !== undefined) this.#refresh();
  }

  /** Adds a listener for other servers, or other grants; returns what removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Finds the servers anew. Until that is done, those that were found last count. @throws Unavailable */
  reload(): Promise<void> | undefined {
    const generation = ++this.#generation;
    const names = this.#options.servers.names();
    const found = names instanceof Promise ? names.then((all) => this.#find(all)) : this.#find(names);
    if (!(found instanceof Promise)) {
      this.#take(found);
      return undefined;
    }
    const loading = found
      .then((entries) => {
        if (generation === this.#generation) this.#take(entries);
      })
      .finally(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
    this.#loading = loading;
    return loading;
  }

  /** What can't be read now is read at the next change, or by the next request. */
  #refresh(): void {
    this.reload()?.catch(() => (this.#isStale = true));
  }

  #find(names: readonly string[]): readonly ViewEntry[] | Promise<readonly ViewEntry[]> {
    const found = names.filter((name) => this.#mayHold(name)).map((name) => this.#options.servers.find(name));
    const usable = (servers: readonly (LiveServer | undefined)[]): readonly ViewEntry[] =>
      servers.flatMap((server) => (server && this.#entryOf(server)) ?? []);
    const known = found.filter((server): server is LiveServer | undefined => !(server instanceof Promise));
    if (known.length === found.length) return usable(known);
    return Promise.all(found.map((server) => Promise.resolve(server))).then(usable);
  }

  #mayHold(name: string): boolean {
    if (this.only?.has(name) === false || !this.#principal.scopes.has('mcp')) return false;
    return this.#principal.grants.forServer(name) !== undefined;
  }

  /** What of an entry the key may still use, before the servers are found anew: what is withdrawn does not wait for that. */
  #kept({ server }: ViewEntry): readonly ViewEntry[] {
    const { grants, key } = this.#principal;
    const grant = this.#mayHold(server.name) ? grants.forServer(server.name) : undefined;
    const isReachedAlike = credentialFor(key?.credentials, server)?.id === server.credential;
    return grant !== undefined && isReachedAlike ? [{ server, grant }] : [];
  }

  #entryOf(server: LiveServer): ViewEntry | undefined {
    const grant = this.#principal.grants.forServer(server.name);
    if (!server.enabled || grant === undefined) return undefined;
    try {
      return { server: serverForKey(this.#principal.key?.credentials, server), grant };
    } catch (error) {
      // It is left out as one that is disabled: at its own place, the client gets to know why.
      if (error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  #take(entries: readonly ViewEntry[]): void {
    const before = this.#entries;
    this.#entries = entries;
    this.#isStale = false;
    this.#isNarrowed = entries.some(({ grant }) => grant !== 'all');
    this.#withholdsTools = entries.some(({ server }) => server.onToolChange === 'hold');
    this.#hasProgramsOfSessions = entries.some(({ server }) => server.program?.isolation === 'session');
    const isSame =
      before?.length === entries.length &&
      entries.every(({ server, grant }, at) => before[at]?.server === server && before[at].grant === grant);
    if (before !== undefined && !isSame) for (const listener of this.#listeners) listener();
  }
}

function byName(a: ViewEntry, b: ViewEntry): number {
  return a.server.name < b.server.name ? -1 : 1;
}
