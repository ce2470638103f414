import type { Client } from '@modelcontextprotocol/client';
import { useBackendServer1 } from './useBackendServer1.ts';
import { useBackendServer2 } from './useBackendServer2.ts';

/** What a server offers, and whether its answers were checked: the client knows only the example servers well enough. */
export interface Visit {
  readonly implementation: string;
  readonly protocolVersion: string;
  readonly tools: readonly string[];
  readonly resources: readonly string[];
  readonly resourceTemplates: readonly string[];
  readonly prompts: readonly string[];
  readonly checked: boolean;
}

const exampleServers = new Map([
  ['backendServer1', useBackendServer1],
  ['backendServer2', useBackendServer2],
]);

/**
 * Lists what a server offers, then uses it if it is one of the example servers.
 * @throws Error at the first answer that is not right
 */
export async function visitServer(client: Client, print: (line: string) => void): Promise<Visit> {
  const implementation = client.getServerVersion()?.name ?? 'unknown';
  const protocolVersion = client.getNegotiatedProtocolVersion() ?? 'unknown';
  print(`  ${implementation}, MCP ${protocolVersion}`);

  // A server says which kinds of things it has; asking for another kind is an error.
  const offers = client.getServerCapabilities() ?? {};
  const visit = {
    tools: offers.tools ? (await client.listTools()).tools.map(({ name }) => name) : [],
    resources: offers.resources ? (await client.listResources()).resources.map(({ uri }) => uri) : [],
    resourceTemplates: offers.resources
      ? (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate)
      : [],
    prompts: offers.prompts ? (await client.listPrompts()).prompts.map(({ name }) => name) : [],
  };
  for (const [kind, names] of Object.entries(visit)) {
    if (names.length > 0) print(`  ${kind}: ${names.join(', ')}`);
  }

  const use = exampleServers.get(implementation);
  if (use) await use(client, print);
  else print('  not an example server: listed, not checked');
  return { implementation, protocolVersion, ...visit, checked: use !== undefined };
}
