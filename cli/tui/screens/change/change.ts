import type { Labels } from '../../../../src/commands/apiKey.ts';
import type { Role } from '../../../../src/commands/keyRole.ts';
import type { HeldRole } from '../../../../src/events/heldRole.ts';
import type { Compensation } from '../../../../src/administration/compensation.ts';
import type { TypedAccess } from '../access/accessFields.ts';
import type { ServerDraft } from './serverDraft.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}
type Reason = string | undefined;

/** A change of a key, a role or a server. Each is one command, which happens whole or not at all. */
export type Change =
  | {
      readonly command: 'createKey';
      readonly name: string;
      readonly description: string | undefined;
      readonly labels: Labels;
      readonly access: TypedAccess;
    }
  | { readonly command: 'inactivateKey' | 'activateKey' | 'deleteKey'; readonly key: Named; readonly reason: Reason }
  | {
      readonly command: 'changeAccess';
      /** With what it has: roles whose names stay are kept, and not looked up again. */
      readonly key: Named & {
        readonly scopes: readonly string[];
        readonly grants: readonly string[];
        readonly roles: readonly HeldRole[];
      };
      readonly access: TypedAccess;
      readonly ifMatch: number;
      readonly reason?: Reason;
    }
  | {
      readonly command: 'changeGrants';
      readonly key: Named;
      readonly add: readonly string[];
      readonly remove: readonly string[];
      readonly reason: Reason;
    }
  | {
      readonly command: 'changeRoles';
      readonly key: Named;
      readonly add: readonly string[];
      readonly remove: readonly string[];
      readonly reason: Reason;
    }
  | { readonly command: 'tagKey'; readonly key: Named; readonly tag: string; readonly reason: Reason }
  | { readonly command: 'rotateKey'; readonly key: Named; readonly graceMs: number }
  | { readonly command: 'removeCredential'; readonly key: Named; readonly server: string; readonly reason: Reason }
  | { readonly command: 'undo'; readonly compensation: Compensation; readonly reason: Reason }
  | { readonly command: 'createRole'; readonly name: string; readonly role: Role }
  | {
      readonly command: 'changeRole';
      readonly name: string;
      readonly role: Role;
      readonly ifMatch: number;
      readonly reason: Reason;
    }
  | { readonly command: 'deleteRole'; readonly name: string; readonly reason: Reason }
  | { readonly command: 'registerServer'; readonly name: string; readonly draft: ServerDraft }
  | {
      readonly command: 'updateServer';
      readonly name: string;
      readonly draft: ServerDraft;
      readonly ifMatch: number;
      readonly reason?: Reason;
    }
  | {
      readonly command: 'approveTools';
      readonly name: string;
      /** Empty: all. */
      readonly tools: readonly string[];
      /** Of the tools as they were looked at. */
      readonly digest: string;
      readonly reason: Reason;
    }
  | {
      readonly command: 'enableServer' | 'disableServer' | 'removeServer';
      readonly name: string;
      readonly reason: Reason;
    };
