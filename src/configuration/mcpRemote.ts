/** A remote server that a client reaches through a local process, because it knows stdio only. */
export interface McpRemote {
  readonly url: string;
  /** Undefined when the arguments leave it open. */
  readonly transport: 'http' | 'sse' | undefined;
  /** As they stand; one may be there twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const RUNNERS = /(?:^|[\\/])(?:npx|bunx|pnpx|mcp-remote)(?:\.cmd|\.exe)?$/i;

/** Reads `npx -y mcp-remote URL --header 'Name: value'`, as Claude Desktop’s files have it. @returns undefined for any other command */
export function readMcpRemote(command: string, args: readonly string[]): McpRemote | undefined {
  if (!RUNNERS.test(command)) return undefined;
  const direct = /mcp-remote(?:\.cmd|\.exe)?$/i.test(command);
  const at = direct ? -1 : args.findIndex((arg) => /^mcp-remote(?:@[\w.^~-]+)?$/.test(arg));
  if (at === -1 && !direct) return undefined;
  const rest = args.slice(at + 1);
  const url = rest.find((arg) => /^https?:\/\/|^\$\{/.test(arg));
  if (url === undefined) return undefined;
  const headers: [name: string, value: string][] = [];
  for (const [place, arg] of rest.entries()) {
    const header = arg === '--header' ? rest[place + 1] : undefined;
    const colon = header?.indexOf(':') ?? -1;
    if (header !== undefined && colon > 0) {
      headers.push([header.slice(0, colon).trim(), header.slice(colon + 1).trim()]);
    }
  }
  const strategy = rest[rest.indexOf('--transport') + 1];
  const asked = rest.includes('--transport') ? strategy : undefined;
  return { url, transport: asked === 'sse-only' ? 'sse' : asked === 'http-only' ? 'http' : undefined, headers };
}
