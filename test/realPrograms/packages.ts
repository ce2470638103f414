import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EVERYTHING_PROGRAM } from '../support/everythingServer.ts';

const PACKAGES = join(import.meta.dirname, 'node_modules');

/** Whether the packages of this folder's package.json are installed; the product does not need them. */
export const areInstalled = existsSync(join(PACKAGES, 'mcp-lite', 'package.json'));

const fileOf = (...path: string[]): string => join(PACKAGES, ...path);

/** The files that Node runs as these servers. */
export const SERVERS = {
  everything: EVERYTHING_PROGRAM,
  filesystem: fileOf('@modelcontextprotocol', 'server-filesystem', 'dist', 'index.js'),
  memory: fileOf('@modelcontextprotocol', 'server-memory', 'dist', 'index.js'),
  sequentialThinking: fileOf('@modelcontextprotocol', 'server-sequential-thinking', 'dist', 'index.js'),
  context7: fileOf('@upstash', 'context7-mcp', 'dist', 'index.js'),
  tmcp: join(import.meta.dirname, 'programs', 'tmcpServer.ts'),
  fast: join(import.meta.dirname, 'programs', 'fastServer.ts'),
  slow: join(import.meta.dirname, 'programs', 'slowServer.ts'),
} as const;

/** The files that Node runs as these clients. */
export const CLIENTS = {
  inspector: fileOf('@modelcontextprotocol', 'inspector', 'clients', 'launcher', 'build', 'index.js'),
  mcpRemote: fileOf('mcp-remote', 'dist', 'proxy.js'),
  mcporter: fileOf('mcporter', 'dist', 'cli.js'),
} as const;
