import type { CompiledLimit } from '../limits/compiledLimits.ts';
import type { ChangeListener } from './memory.ts';
import type { Limits, OnToolChange, ServerSettings, Timeouts, Transport } from '../events/mcpServer.ts';

/** A configured server as this process holds it in memory: secrets opened, frozen, replaced whole when it changes. */
export interface LiveServer {
  readonly name: string;
  readonly id: string;
  readonly enabled: boolean;
  readonly transport: Transport;
  /** Absent for stdio. */
  readonly url: URL | undefined;
  /** The headers configured for this server, the only ones of ours that it gets. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What starts it; of stdio only. */
  readonly program?: ServerProgram | undefined;
  readonly timeouts: Timeouts;
  readonly limits: Limits;
  /** `limits.rates` as calls are checked against them. (Default: none) */
  readonly rates?: readonly CompiledLimit[] | undefined;
  /** (Default: `allow`) */
  readonly onToolChange?: OnToolChange | undefined;
  readonly revision: number;
  /** When it was registered, RFC 3339 UTC: another one of the name is another server. (Default: it never was) */
  readonly registeredAt?: string | undefined;
  /** The digest of where it is (addressDigest). */
  readonly address?: string | undefined;
  /** Names what it gets for one key alone, at which its headers and variables are those of that key; undefined: they are for all keys. */
  readonly credential?: string | undefined;
}

/** Names a server as one key reaches it: what is opened with the credential of a key serves that key only. */
export function connectionName({ name, credential }: Pick<LiveServer, 'name' | 'credential'>): string {
  // A server's name has no blank.
  return credential === undefined ? name : `${name} ${credential}`;
}

/** The program of a server on stdio, as it is configured. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The working directory. Undefined: `/`. */
  readonly cwd: string | undefined;
  /** Secret: the variables that it gets beside the few that all get. */
  readonly env: Readonly<Record<string, string>>;
  /** Who shares a process of it. */
  readonly isolation: ServerSettings['isolation'];
}

/** The servers of this process's memory. */
export interface LiveServers {
  /** The names of all servers, in their order. Answers synchronously when memory knows them. @throws Unavailable */
  names(): readonly string[] | Promise<readonly string[]>;
  /** Adds a listener for other names than `names` gave last; returns the function that removes it. */
  onNames(listener: () => void): () => void;
  /** Answers synchronously when memory knows it. @throws Unavailable */
  find(name: string): LiveServer | undefined | Promise<LiveServer | undefined>;
  /** Reads a server again at every change of it; listeners are called when it is another one than `server`. Returns what ends that. */
  hold(name: string, server: LiveServer): () => void;
  /**
   * Adds a listener for servers that changed or went away (then undefined); returns the function that removes it. A replica
   * confirms a change only after its listeners have returned.
   */
  onChange(listener: ChangeListener<string, LiveServer>): () => void;
}
