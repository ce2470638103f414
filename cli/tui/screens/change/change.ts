import type { Access } from '../../../../src/commands/apiKey.ts';
import type { Compensation } from '../../../../src/administration/compensation.ts';
import type { ServerDraft } from './serverDraft.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}
type Reason = string | undefined;

/** A change of a key or a server. Each is one command, which happens whole or not at all. */
export type Change =
  | {
      readonly command: 'createKey';
      readonly name: string;
      readonly description: string | undefined;
      readonly access: Access;
    }
  | { readonly command: 'inactivateKey' | 'activateKey' | 'deleteKey'; readonly key: Named; readonly reason: Reason }
  | {
      readonly command: 'changeAccess';
      readonly key: Named;
      readonly access: Access;
      readonly ifMatch: number;
      readonly reason?: Reason;
    }
  | { readonly command: 'rotateKey'; readonly key: Named; readonly access: Access; readonly graceMs: number }
  | { readonly command: 'removeCredential'; readonly key: Named; readonly server: string; readonly reason: Reason }
  | { readonly command: 'undo'; readonly compensation: Compensation; readonly reason: Reason }
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
