import type { ClientState } from './clientState.ts';
import type { ParkedConnection } from './memberConnection.ts';

/** What is left of an aggregate that nobody uses: what another one goes on with. Disposing ends its sessions at servers. */
export class ParkedAggregate implements AsyncDisposable {
  /** Undefined: the client has set nothing. */
  readonly state: ClientState | undefined;
  readonly connections: readonly ParkedConnection[];

  constructor(state: ClientState | undefined, connections: readonly ParkedConnection[]) {
    this.state = state;
    this.connections = connections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.connections.map(({ upstream }) => upstream[Symbol.asyncDispose]()));
  }
}
