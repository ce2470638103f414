import { apiKey, type ApiKeyState } from '../commands/apiKey.ts';
import { mcpServer, type McpServerState } from '../commands/mcpServer.ts';
import { mcpCatalogueStream } from '../events/mcpCatalogue.ts';
import { mcpServerEvents, mcpServerStream } from '../events/mcpServer.ts';
import { keyRoleStream } from '../events/keyRole.ts';
import { RolesThen, type RoleThen } from './rolesThen.ts';
import { uuidV5 } from '../ids.ts';
import type { RecordedEvent } from '../events/eventStore.ts';
import type { ApiKeyRow } from '../projections/tables/apiKeys.ts';
import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import { keyIdOf, repairedStream, serverNameOf } from '../events/streamName.ts';
import { decodeOrReason, beginsStream, type KnownEvent } from '../events/knownEvent.ts';

import { CatalogueHistory, isCatalogueEvent, type CatalogueThen } from './catalogueHistory.ts';
import { isRepair, timeOf, Usability } from './usability.ts';

/** What there was at some time, as the read tables would have shown it; without secrets, sealed ones too. */
export interface StateAt {
  /** Deleted ones too, the oldest first. */
  readonly keys: readonly ApiKeyRow[];
  /** By name. */
  readonly roles: readonly RoleThen[];
  /** By name. */
  readonly servers: readonly McpServerRow[];
  /** What servers offered, by their names; absent: of none anything was seen. */
  readonly catalogues?: ReadonlyMap<string, readonly CatalogueThen[]>;
}

interface Folded<State> {
  readonly state: State;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly revision: number;
}

type Existing<State> = Exclude<State, { readonly status: 'none' | 'deleted' }>;
interface FoldedKey extends Folded<ApiKeyState> {
  /** As it was before it was deleted. */
  readonly existing: Existing<ApiKeyState>;
}

/**
 * Folds events into what there was when they had happened: of each stream the events up to its first one after `timeMs`,
 * whatever the clocks of several machines show for those behind it. Memory holds what there was, and no events.
 * An event that can't be read concerns its own key, role or server only, which could not be used from then on.
 * @param timeMs ms since the epoch, itself included
 * @throws Unavailable
 */
export async function stateAt(events: AsyncIterable<RecordedEvent>, timeMs: number): Promise<StateAt> {
  const keys = new Map<string, FoldedKey>();
  const servers = new Map<string, Folded<McpServerState>>();
  const catalogues = new Map<string, CatalogueHistory>();
  const usability = new Map<string, Usability>();
  const over = new Set<string>();
  const roles = new RolesThen();
  for await (const recorded of events) {
    const { stream } = recorded;
    if (over.has(stream)) continue;
    const subject = repairedStream(stream) ?? stream;
    if (subject.startsWith(keyRoleStream(''))) {
      if ((timeOf(recorded) ?? -Infinity) > timeMs) over.add(stream);
      else roles.follow(recorded);
      continue;
    }
    // A stranger's stream, or one whose beginning is lost.
    const isKnown = keys.has(subject) || servers.has(subject) || catalogues.has(subject);
    if (!isKnown && !beginsStream(recorded)) continue;
    const event = decodeOrReason(recorded);
    if (event === undefined) continue;
    const atMs = typeof event === 'string' ? timeOf(recorded) : Date.parse(event.metadata.at);
    if (atMs !== undefined && atMs > timeMs) over.add(stream);
    else if (typeof event === 'string') usabilityOf(usability, subject).meet(recorded);
    else if (isRepair(event)) usabilityOf(usability, subject).follow(event);
    else if (isKeyEvent(event)) foldKey(keys, event);
    else if (isServerEvent(event)) foldServer(servers, event);
    else if (isCatalogueEvent(event)) {
      const catalogue = catalogues.get(stream) ?? new CatalogueHistory();
      catalogues.set(stream, catalogue);
      catalogue.follow(event);
    }
  }
  const faultOf = (stream: string): Pick<ApiKeyRow, 'fault'> => ({ fault: usability.get(stream)?.fault ?? null });
  const rows = [...servers]
    .flatMap(([stream, folded]) => serverRow(serverNameOf(stream), folded) ?? [])
    .map((row) => ({ ...row, ...faultOf(mcpServerStream(row.name)) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const offered = rows.flatMap(({ name, createdAt }): [string, readonly CatalogueThen[]][] => {
    const found = catalogues.get(mcpCatalogueStream(name))?.of(createdAt) ?? [];
    return found.length === 0 ? [] : [[name, found]];
  });
  return {
    keys: [...keys]
      .map(([stream, folded]) => ({ ...keyRow(keyIdOf(stream), folded, roles), ...faultOf(stream) }))
      .sort(byAge),
    roles: roles.list(),
    servers: rows,
    ...(offered.length > 0 && { catalogues: new Map(offered) }),
  };
}

function usabilityOf(all: Map<string, Usability>, stream: string): Usability {
  const usability = all.get(stream) ?? new Usability();
  all.set(stream, usability);
  return usability;
}

type KeyEvent = Extract<KnownEvent, { readonly type: `ApiKey${string}` }>;
type ServerEvent = Extract<KnownEvent, { readonly type: keyof typeof mcpServerEvents }>;

/** Checks whether an event is of a key. */
export function isKeyEvent(event: KnownEvent): event is KeyEvent {
  return event.type.startsWith('ApiKey');
}

/** Checks whether an event is of a server. */
export function isServerEvent(event: KnownEvent): event is ServerEvent {
  return Object.hasOwn(mcpServerEvents, event.type);
}

function foldKey(keys: Map<string, FoldedKey>, event: KeyEvent): void {
  const before = keys.get(event.stream);
  const state = apiKey.evolve(before?.state ?? apiKey.initial, event);
  const existing = state.status === 'none' || state.status === 'deleted' ? before?.existing : state;
  if (existing !== undefined) keys.set(event.stream, { ...folded(state, before, event), existing });
}

function foldServer(servers: Map<string, Folded<McpServerState>>, event: ServerEvent): void {
  const before = servers.get(event.stream);
  const state = mcpServer.evolve(before?.state ?? mcpServer.initial, event);
  // A name that is used again begins anew.
  servers.set(event.stream, folded(state, event.type === 'McpServerRegistered' ? undefined : before, event));
}

function folded<State>(state: State, before: Folded<unknown> | undefined, { revision, metadata }: KnownEvent) {
  const updatedAt = new Date(metadata.at);
  const { createdAt = updatedAt, createdBy = metadata.actor } = before ?? {};
  return { state, createdAt, createdBy, updatedAt, revision };
}

function keyRow(
  id: string,
  { state, existing, createdAt, createdBy, updatedAt, revision }: FoldedKey,
  roles: RolesThen,
): ApiKeyRow {
  const { name, description, labels, access, rotation, rotatedFrom, credentials } = existing;
  const isRotated = state.status === 'active' && rotation !== undefined;
  return {
    id,
    name,
    description: description ?? null,
    owner: labels.owner ?? null,
    tags: [...labels.tags],
    status: isRotated ? 'rotated' : state.status === 'none' ? 'deleted' : state.status,
    scopes: [...access.scopes],
    grants: [...access.grants],
    roles: (access.roles ?? []).map((role) => roles.of(role)),
    limits: [...(access.limits ?? [])],
    networks: [...(access.networks ?? [])],
    expiresAt: access.expiresAt === undefined ? null : new Date(access.expiresAt),
    rotatedFrom: rotatedFrom ?? null,
    successorId: rotation?.successorId ?? null,
    validUntil: rotation === undefined ? null : new Date(rotation.validUntil),
    fault: null,
    sealed: null,
    // That there are some is known; their values are not.
    credentials:
      state.status === 'deleted'
        ? []
        : credentials.map((one) => ({
            ...one,
            headers: [...one.headers],
            env: [...one.env],
            sealed: { ...one.sealed, box: '' },
          })),
    createdAt,
    createdBy,
    updatedAt,
    revision,
  };
}

function serverRow(
  name: string,
  { state, createdAt, updatedAt, revision }: Folded<McpServerState>,
): McpServerRow | undefined {
  if (state.status === 'none' || state.status === 'deleted') return undefined;
  const { settings, status } = state;
  return {
    name,
    id: uuidV5(name),
    title: settings.title ?? null,
    description: settings.description ?? null,
    transport: settings.transport,
    url: settings.url ?? null,
    command: settings.command ?? null,
    args: settings.args ?? null,
    cwd: settings.cwd ?? null,
    isolation: settings.isolation,
    limits: settings.limits,
    timeouts: settings.timeouts,
    onToolChange: settings.onToolChange ?? null,
    // That there are secrets is known; they are not.
    sealed: settings.sealed === undefined ? null : { dek: settings.sealed.dek, box: '' },
    status,
    fault: null,
    createdAt,
    updatedAt,
    revision,
  };
}

function byAge(a: ApiKeyRow, b: ApiKeyRow): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
}
