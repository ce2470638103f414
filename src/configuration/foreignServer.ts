import type { PlainSettings } from '../administration/serverInput.ts';
import type { OnToolChange } from '../events/mcpServer.ts';
import type { Template } from './template.ts';

/** What a file says of a server’s settings besides its address. What it does not say stays as it is, or gets its default. */
export interface StatedSettings {
  readonly title?: string;
  readonly description?: string;
  readonly isolation?: PlainSettings['isolation'];
  readonly onToolChange?: OnToolChange;
  readonly limits?: Partial<PlainSettings['limits']>;
  readonly timeouts?: Partial<PlainSettings['timeouts']>;
}

export type ForeignAddress =
  | { readonly transport: 'http' | 'sse'; readonly url: Template }
  | {
      readonly transport: 'stdio';
      readonly command: Template;
      readonly args: readonly Template[] | undefined;
      readonly cwd: Template | undefined;
    };

/** A server as a client’s file has it, its references not yet resolved. */
export interface ForeignServer {
  /** As in the file. */
  readonly name: string;
  readonly address: ForeignAddress;
  readonly headers: Readonly<Record<string, Template>>;
  readonly env: Readonly<Record<string, Template>>;
  /** A file of variables, as a reference to it; what `env` has wins. */
  readonly envFile: Template;
  /** Variables of that file that are not set: null in `env`. */
  readonly unset: readonly string[];
  /** Undefined when the file does not say. */
  readonly enabled: boolean | undefined;
  readonly stated: StatedSettings;
  /** What people should know: sentences. */
  readonly notes: readonly string[];
}

/** An entry that is no server. */
export interface FaultyEntry {
  readonly name: string;
  /** `skip`: it is right, but this version has no use for it. */
  readonly kind: 'refuse' | 'skip';
  readonly code: string;
  readonly reason: string;
  /** As far as it is known: what the file turns off is passed by with its faults. */
  readonly enabled: boolean | undefined;
}

/** A question that a VS Code file asks: `${input:id}`. */
export interface FileInput {
  readonly id: string;
  readonly description: string | undefined;
  /** Never of a password. */
  readonly fallback: string | undefined;
  readonly secret: boolean;
}

/** A client’s file, read. */
export interface ClientFile {
  readonly servers: readonly ForeignServer[];
  readonly faulty: readonly FaultyEntry[];
  readonly inputs: readonly FileInput[];
  /** What people should know of the file: sentences. */
  readonly notes: readonly string[];
}
