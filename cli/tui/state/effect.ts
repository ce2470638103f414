import type { Access } from '../../../src/commands/apiKey.ts';
import type { PageWanted } from './window.ts';

/** A change of a key. Each is one command, which happens whole or not at all. */
export type Command =
  | {
      readonly command: 'createKey';
      readonly name: string;
      readonly description: string | undefined;
      readonly access: Access;
    }
  | {
      readonly command: 'inactivateKey' | 'activateKey' | 'deleteKey';
      readonly key: Named;
      readonly reason: string | undefined;
    }
  | { readonly command: 'changeAccess'; readonly key: Named; readonly access: Access; readonly ifMatch: number }
  | { readonly command: 'rotateKey'; readonly key: Named; readonly access: Access; readonly graceMs: number };

interface Named {
  readonly id: string;
  readonly name: string;
}

/** What the reducer wants done: data, carried out by effects.ts. */
export type Effect =
  | ({ readonly effect: 'readKeys'; readonly includeDeleted: boolean } & PageWanted)
  | ({ readonly effect: 'readServers' } & PageWanted)
  | { readonly effect: 'readHistory'; readonly stream: string }
  | { readonly effect: 'run'; readonly work: number; readonly command: Command }
  | { readonly effect: 'copy'; readonly text: string }
  | { readonly effect: 'leave'; readonly code: number };
