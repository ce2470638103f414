import type { Subject } from './subject.ts';

export interface ServerState {
  readonly status: 'never' | 'enabled' | 'disabled' | 'removed';
  readonly title: string;
}

export type ServerCommand =
  | { readonly type: 'add' | 'update'; readonly title: string }
  | { readonly type: 'enable' | 'disable' | 'remove' }
  /** REST looks a server up first, and so knows no removed one. */
  | { readonly type: 'delete over REST' };

export interface ServerSubject extends Subject<ServerState, ServerCommand> {
  readonly kind: 'server';
}

export function newServer(name: string): ServerSubject {
  const rest = { retired: 'no', spoilt: false, epoch: 0, revoked: false, closings: 0, apply } as const;
  return { kind: 'server', id: name, stream: `mcpServer-${name}`, states: [{ status: 'never', title: '' }], ...rest };
}

/** What a server's life allows: written again, independently of src/commands/mcpServer.ts. Titles are never used twice. */
function apply(state: ServerState, command: ServerCommand): ServerState | 'refused' {
  const exists = state.status === 'enabled' || state.status === 'disabled';
  switch (command.type) {
    case 'add':
      return exists ? 'refused' : { status: 'enabled', title: command.title };
    case 'remove':
      return state.status === 'never' ? 'refused' : { ...state, status: 'removed' };
    case 'delete over REST':
      return exists ? { ...state, status: 'removed' } : 'refused';
    case 'update':
      return exists ? { ...state, title: command.title } : 'refused';
    case 'enable':
      return exists ? { ...state, status: 'enabled' } : 'refused';
    case 'disable':
      return exists ? { ...state, status: 'disabled' } : 'refused';
  }
}
