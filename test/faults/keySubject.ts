import type { Subject } from './subject.ts';

export interface KeyState {
  readonly status: 'active' | 'inactive' | 'deleted';
  readonly scopes: string;
  readonly rotated: boolean;
}

export type KeyCommand =
  | { readonly type: 'inactivate' | 'activate' | 'rotate' | 'delete' }
  | { readonly type: 'access'; readonly scopes: string };

export interface KeySubject extends Subject<KeyState, KeyCommand> {
  readonly kind: 'key';
  readonly apiKey: string;
  /** Events of other keys name it: it was rotated, or is a successor. */
  named: boolean;
}

/** What calls of a judge need. */
export const JUDGED_SCOPE = 'servers:read';

export const ACCESSES = [`mcp,${JUDGED_SCOPE}`, 'mcp', `audit:read,mcp,${JUDGED_SCOPE}`];

export function newKey(id: string, apiKey: string, scopes: string): KeySubject {
  const states = [{ status: 'active', scopes, rotated: false }] as const;
  const rest = { retired: 'no', spoilt: false, epoch: 0, revoked: false, closings: 0, apply } as const;
  return { kind: 'key', id, apiKey, stream: `apiKey-${id}`, states, named: false, ...rest };
}

/** What a key's life allows: written again, independently of src/commands/apiKey.ts. */
function apply(state: KeyState, command: KeyCommand): KeyState | 'refused' {
  if (command.type === 'delete') return { ...state, status: 'deleted' };
  if (state.status === 'deleted') return 'refused';
  switch (command.type) {
    case 'inactivate':
      return { ...state, status: 'inactive' };
    case 'activate':
      return { ...state, status: 'active' };
    case 'access':
      return { ...state, scopes: command.scopes };
    case 'rotate':
      return state.rotated || state.status === 'inactive' ? 'refused' : { ...state, rotated: true };
  }
}

/** Says whether a key in this state may have calls of servers under way. */
export function mayCall({ status, rotated }: KeyState): boolean {
  return status === 'active' && !rotated;
}

/** Says whether a key in this state is let in by what a judge calls. */
export function letsIn(state: KeyState): boolean {
  return mayCall(state) && state.scopes.split(',').includes(JUDGED_SCOPE);
}
