import { keyRole, type KeyRoleState, type Role } from '../commands/keyRole.ts';
import type { RecordedEvent } from '../events/eventStore.ts';
import type { HeldRole } from '../events/heldRole.ts';
import { beginsStream, type KnownEvent } from '../events/knownEvent.ts';
import { keyRoleEvents, keyRoleStream } from '../events/keyRole.ts';
import { repairedStream, roleNameOf } from '../events/streamName.ts';
import type { RoleOfKey } from '../projections/tables/keyRoles.ts';
import type { StreamFault } from '../projections/tables/streamFault.ts';
import { turnOf, type ReadTurn } from './spanAt.ts';
import { Usability } from './usability.ts';

interface FollowedRole {
  state: KeyRoleState;
  revision: number;
  lastMs: number;
  readonly usability: Usability;
}

type RoleEvent = Extract<KnownEvent, { readonly type: keyof typeof keyRoleEvents }>;

/** Checks whether an event is of a role. */
function isRoleEvent(event: KnownEvent): event is RoleEvent {
  return Object.hasOwn(keyRoleEvents, event.type);
}

/** A role as it is at a point of the history. */
export interface RoleThen extends Role {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly fault: StreamFault | null;
}

/** The roles as they are at a point of the history that is read. */
export class RolesThen {
  readonly #roles = new Map<string, FollowedRole>();

  /** Follows an event of a role, or of a repair of its stream. @returns undefined for one that changes no role */
  follow(recorded: RecordedEvent): ReadTurn | undefined {
    const stream = repairedStream(recorded.stream) ?? recorded.stream;
    if (!stream.startsWith(keyRoleStream(''))) return undefined;
    let role = this.#roles.get(stream);
    if (role === undefined) {
      // A stream of another program, or one whose beginning is lost.
      if (stream !== recorded.stream || !beginsStream(recorded)) return undefined;
      role = { state: keyRole.initial, revision: 0, lastMs: -Infinity, usability: new Usability() };
      this.#roles.set(stream, role);
    }
    const turn = turnOf(recorded, role.usability, role.lastMs);
    if (turn === undefined) return undefined;
    role.lastMs = turn.atMs;
    const { read } = turn;
    if (read !== undefined && isRoleEvent(read)) {
      role.revision = read.revision;
      role.state = keyRole.evolve(role.state, read);
    }
    return turn;
  }

  /** Those that there are, by name. */
  list(): RoleThen[] {
    return [...this.#roles]
      .flatMap(([stream, { state, revision, usability }]) =>
        state.status === 'active'
          ? [{ name: roleNameOf(stream), id: state.id, ...state.role, revision, fault: usability.fault ?? null }]
          : [],
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What a role gives to a key that has it. */
  of({ name, id }: HeldRole): RoleOfKey {
    const role = this.#roles.get(keyRoleStream(name));
    const nothing = { name, id, scopes: [], grants: [] };
    if (role?.state.status !== 'active' || role.state.id !== id) return { ...nothing, lost: 'deleted' };
    const { fault } = role.usability;
    if (fault !== undefined) return { ...nothing, lost: fault };
    const { scopes, grants } = role.state.role;
    return { name, id, revision: role.revision, scopes: [...scopes], grants: [...grants] };
  }
}
