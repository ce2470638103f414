/** A notification that reached a client, or a request of the server's that it answered. */
export interface Received {
  readonly method: string;
  readonly params?: unknown;
}

export interface CallOptions {
  readonly onProgress?: (progress: { progress: number; total?: number | undefined }) => void;
  readonly signal?: AbortSignal;
}

/** An official MCP client, driven in the same way whatever its package and era. Results are as the client gave them. */
export interface TestClient extends AsyncDisposable {
  /** What the server told about itself. */
  readonly serverName: string | undefined;
  /** In order of arrival. */
  readonly notifications: readonly Received[];
  /** What the server asked of the client: sampling, elicitation, roots. */
  readonly asked: readonly Received[];
  listTools(): Promise<readonly { readonly name: string; readonly inputSchema: object }[]>;
  callTool(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<unknown>;
  listResources(): Promise<readonly { readonly uri: string }[]>;
  listResourceTemplates(): Promise<readonly { readonly uriTemplate: string }[]>;
  readResource(uri: string): Promise<unknown>;
  listPrompts(): Promise<readonly { readonly name: string }[]>;
  getPrompt(name: string, args?: Record<string, string>): Promise<unknown>;
  completePrompt(name: string, argument: { name: string; value: string }): Promise<readonly string[]>;
  /** Asks for log messages from a level up: of the connection (legacy), or of each call from now on (modern). */
  setLogLevel(level: 'debug' | 'error'): Promise<void>;
  /** Asks to be told when a resource changes; modern clients must ask for changes of the lists too. Returns the end. */
  watch(uri: string): Promise<() => Promise<void>>;
}

/** Where a client connects, and how it identifies itself. */
export interface Endpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ConnectOptions {
  /** Whether the client can be asked for sampling, elicitation and roots. (Default: true) */
  readonly answers?: boolean;
}

/** One kind of client. */
export interface ClientKind {
  readonly name: string;
  readonly era: 'legacy' | 'modern';
  connect(endpoint: Endpoint, options?: ConnectOptions): Promise<TestClient>;
}
