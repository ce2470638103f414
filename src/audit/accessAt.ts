import { compileGrants } from '../access/grants.ts';
import { apiKey, type ApiKeyState } from '../commands/apiKey.ts';
import { mcpServer, type McpServerState } from '../commands/mcpServer.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { mcpServerStream } from '../events/mcpServer.ts';
import { keyRoleStream } from '../events/keyRole.ts';
import { keyIdOf, repairedStream, roleNameOf } from '../events/streamName.ts';
import { beginsStream } from '../events/knownEvent.ts';
import { effectiveAccess } from '../projections/tables/keyRoles.ts';
import { historyOf, wholeHistory, type WholeHistoryOptions } from './history.ts';
import { RolesThen } from './rolesThen.ts';
import { isKeyEvent, isServerEvent } from './stateAt.ts';
import { both, SpanAt, turnOf, type ReadTurn, type Span } from './spanAt.ts';
import { followTool, type ServerTurn, type ToolThen } from './toolAt.ts';
import { Usability, type UsabilityFault } from './usability.ts';

/** What of a key's access covers the server or tool in question. */
interface Covering {
  readonly name: string;
  /** Of its own. */
  readonly grants: readonly string[];
  /** Of its roles. */
  readonly roles: readonly { readonly name: string; readonly grants: readonly string[] }[];
}

export interface Allowed extends Span, Covering {
  readonly id: string;
}

/** A key that could not use it, although it is granted. */
export type Unable = Pick<Allowed, 'id' | keyof Covering>;

export interface AccessAt {
  /** Of the server, then. */
  readonly server: McpServerState['status'];
  /** Why the server could not be used then, whatever its status. */
  readonly serverFault: UsabilityFault | undefined;
  /** What the server did with the tool in question then; undefined: none is in question, or nobody could use the server. */
  readonly tool: ToolThen | undefined;
  readonly keys: readonly Allowed[];
  /** Keys with a grant that covers the tool, which was not to be had then. */
  readonly withoutTool: readonly Unable[];
  /** Keys that the events which can be read would have let use it: one that can't be read made them unusable. */
  readonly unusable: readonly Unable[];
}

export interface AccessQuery {
  readonly server: string;
  /** Undefined: any of its tools. */
  readonly tool: string | undefined;
  /** Ms since the epoch. */
  readonly atMs: number;
  readonly nowMs: number;
}

/**
 * Finds the keys that could use a server, or a tool of it, at some time: with the scope `mcp` and a grant, of their own or of
 * their roles then, neither inactive nor
 * expired, rotated out, retired or deleted, while the server was registered and enabled; and neither of them with an event
 * that can't be read. Memory holds the keys that are followed.
 * @throws Unavailable; what the signal is aborted with
 */
export async function accessAt(
  store: EventStore,
  question: AccessQuery,
  watching: WholeHistoryOptions = {},
): Promise<AccessAt> {
  const { nowMs } = question;
  const found = await followServer(store, question);
  const up = found.span;
  if (up === undefined) {
    return {
      server: found.status,
      serverFault: found.fault,
      tool: undefined,
      keys: [],
      withoutTool: [],
      unusable: [],
    };
  }
  const { server, tool, atMs } = question;
  const followedTool =
    tool === undefined ? undefined : await followTool(store, { server, tool, atMs, nowMs, turns: found.turns });

  const followed = new Map<string, FollowedKey>();
  const roles = new RolesThen();
  for await (const recorded of wholeHistory(store, watching)) {
    const stream = repairedStream(recorded.stream) ?? recorded.stream;
    if (stream.startsWith(keyRoleStream(''))) {
      const turn = roles.follow(recorded);
      if (turn !== undefined) for (const key of followed.values()) key.followRole(roleNameOf(stream), turn);
      continue;
    }
    if (!stream.startsWith(`${apiKey.category}-`)) continue;
    let key = followed.get(stream);
    if (key === undefined) {
      // A stream of another program, one whose beginning is lost, or that of a key which is ruled out already.
      if (stream !== recorded.stream || !beginsStream(recorded)) continue;
      key = new FollowedKey(question, roles);
      followed.set(stream, key);
    }
    key.follow(recorded);
    if (key.isOut && !key.then.isUnusable) followed.delete(stream);
  }
  const granted = [...followed].flatMap(([stream, key]): Allowed[] => {
    const span = key.end(nowMs);
    return span === undefined ? [] : [{ id: keyIdOf(stream), ...named(key), ...both(span, up) }];
  });
  const keys = granted.flatMap((key): Allowed[] => {
    if (followedTool === undefined) return [key];
    const span = followedTool.spanFor(key.id);
    return span === undefined ? [] : [{ ...key, ...both(key, span) }];
  });
  const able = new Set(keys.map(({ id }) => id));
  const unusable = [...followed].flatMap(([stream, key]) =>
    key.then.isUnusable ? [{ id: keyIdOf(stream), ...named(key) }] : [],
  );
  return {
    server: found.status,
    serverFault: undefined,
    tool: followedTool?.then,
    keys: keys.toSorted((a, b) => a.since.atMs - b.since.atMs),
    withoutTool: granted.flatMap(({ since: _since, until: _until, ...key }) => (able.has(key.id) ? [] : [key])),
    unusable: unusable.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

function named({ then: { name, grants, roles } }: FollowedKey): Covering {
  return { name, grants, roles };
}

interface FollowedServer {
  readonly status: McpServerState['status'];
  readonly fault: UsabilityFault | undefined;
  readonly span: Span | undefined;
  /** What its events did to its tools. */
  readonly turns: readonly ServerTurn[];
}

async function followServer(store: EventStore, { server, atMs, nowMs }: AccessQuery): Promise<FollowedServer> {
  const span = new SpanAt(atMs);
  const usability = new Usability();
  const turns: ServerTurn[] = [];
  let state = mcpServer.initial;
  let registeredAt = new Date(NaN);
  let then: { status: McpServerState['status']; fault: UsabilityFault | undefined } = {
    status: state.status,
    fault: undefined,
  };
  for await (const recorded of historyOf(store, mcpServerStream(server))) {
    if (state.status === 'none' && !beginsStream(recorded)) continue;
    const turn = turnOf(recorded, usability, span.lastMs);
    if (turn === undefined) continue;
    const { read } = turn;
    if (read !== undefined && isServerEvent(read)) state = mcpServer.evolve(state, read);
    if (read?.type === 'McpServerRegistered') registeredAt = new Date(turn.atMs);
    const settings = state.status === 'none' || state.status === 'deleted' ? undefined : state.settings;
    turns.push({ turn, position: recorded.position, registeredAt, holds: settings?.onToolChange === 'hold' });
    const { fault } = usability;
    if (span.turn(turn, state.status === 'enabled' && fault === undefined, Infinity)) {
      then = { status: state.status, fault: state.status === 'enabled' ? fault : undefined };
    }
  }
  return { ...then, span: span.end(nowMs), turns };
}

class FollowedKey extends SpanAt {
  readonly #question: AccessQuery;
  readonly #roles: RolesThen;
  readonly #usability = new Usability();
  #state: ApiKeyState = apiKey.initial;
  /** As it was then. */
  then: Covering & { readonly isUnusable: boolean } = { name: '', grants: [], roles: [], isUnusable: false };

  constructor(question: AccessQuery, roles: RolesThen) {
    super(question.atMs);
    this.#question = question;
    this.#roles = roles;
  }

  follow(recorded: RecordedEvent): void {
    const turn = turnOf(recorded, this.#usability, this.lastMs);
    if (turn === undefined) return;
    if (turn.read !== undefined && isKeyEvent(turn.read)) this.#state = apiKey.evolve(this.#state, turn.read);
    this.#judge(turn);
  }

  /** Follows a change of a role, which counts where the key has that. */
  followRole(name: string, turn: ReadTurn): void {
    const state = this.#state;
    if (state.status === 'none' || state.status === 'deleted') return;
    if (state.access.roles?.some((role) => role.name === name) === true) this.#judge(turn);
  }

  #judge(turn: ReadTurn): void {
    const state = this.#state;
    if (state.status === 'none' || state.status === 'deleted') {
      if (this.turn(turn, false, Infinity)) this.then = { ...this.then, isUnusable: false };
      return;
    }
    const { name, access, rotation } = state;
    const held = (access.roles ?? []).map((role) => this.#roles.of(role));
    const covering = (list: readonly string[]): string[] => list.filter((grant) => covers(grant, this.#question));
    const grants = covering(access.grants);
    const roles = held
      .map((role) => ({ name: role.name, grants: covering(role.grants) }))
      .filter((role) => role.grants.length > 0);
    const { scopes } = effectiveAccess({ ...access, roles: held });
    const isGranted = state.status === 'active' && scopes.includes('mcp') && grants.length + roles.length > 0;
    const endsAtMs = Math.min(msOf(access.expiresAt), msOf(rotation?.validUntil));
    const { fault } = this.#usability;
    if (!this.turn(turn, isGranted && fault === undefined, endsAtMs)) return;
    const isUnusable = fault === 'unreadable' && isGranted && endsAtMs > this.#question.atMs;
    this.then = { name, grants, roles, isUnusable };
  }
}

function covers(grant: string, { server, tool }: AccessQuery): boolean {
  const granted = compileGrants([grant]).forServer(server);
  if (granted === undefined) return false;
  return tool === undefined || granted === 'all' || granted(tool);
}

function msOf(time: string | undefined): number {
  return time === undefined ? Infinity : Date.parse(time);
}
