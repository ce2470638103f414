import type { Access } from '../../../src/commands/apiKey.ts';
import type { Tool } from '../../../src/upstream/catalogueItems.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { ServerDraft } from './draft.ts';
import type { UsageQuestion } from './usagePane.ts';
import type { PageWanted } from './window.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}
type Reason = string | undefined;

/** A change. Each is one command, which happens whole or not at all. */
export type Command =
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
  | { readonly command: 'registerServer'; readonly name: string; readonly draft: ServerDraft }
  | {
      readonly command: 'updateServer';
      readonly name: string;
      readonly draft: ServerDraft;
      readonly ifMatch: number;
      readonly reason?: Reason;
    }
  | {
      readonly command: 'enableServer' | 'disableServer' | 'removeServer';
      readonly name: string;
      readonly reason: Reason;
    };

/** Something that takes time, and that the user may be told about or may cancel. */
export type Job =
  | { readonly effect: 'run'; readonly command: Command }
  | { readonly effect: 'test'; readonly server: string | undefined; readonly draft?: ServerDraft }
  | { readonly effect: 'browse'; readonly server: string }
  | { readonly effect: 'callTool'; readonly server: string; readonly tool: Tool; readonly args: JsonObject };

/** What the reducer wants done: data, carried out by effects.ts. */
export type Effect =
  | (Job & { readonly work: number })
  | { readonly effect: 'cancel'; readonly work: number }
  | ({ readonly effect: 'readKeys'; readonly includeDeleted: boolean } & PageWanted)
  | ({ readonly effect: 'readServers' } & PageWanted)
  | { readonly effect: 'readKeyUsage'; readonly ids: readonly string[] }
  | { readonly effect: 'readHistory'; readonly stream: string }
  | {
      readonly effect: 'readTrail';
      readonly filter: string;
      readonly after: string | undefined;
      readonly generation: number;
    }
  | { readonly effect: 'readThen'; readonly stream: string; /** Undefined: now. */ readonly atMs: number | undefined }
  | ({ readonly effect: 'readUsage' } & UsageQuestion)
  | { readonly effect: 'copy'; readonly text: string }
  | {
      readonly effect: 'leave';
      readonly code: number;
      /** Said in the shell. */
      readonly farewell: readonly string[];
      /** The user does not wait for what is under way. */
      readonly isUrgent: boolean;
    };
