import { openImportWorld, type ImportWorld } from './importWorld.ts';
import type { Outcome, RunOptions } from './inProcess.ts';

export interface Change {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Step {
  readonly kind: 'server' | 'role' | 'key';
  readonly name: string;
  readonly id?: string;
  readonly action: string;
  readonly done?: boolean;
  readonly changes: readonly Change[];
}

/** The JSON answer of `apply` or `diff`. */
export interface Applied {
  readonly dry_run: boolean;
  readonly differs: boolean;
  readonly steps: readonly Step[];
  readonly unmanaged: readonly { readonly kind: string; readonly name: string; readonly id?: string }[];
  readonly warnings: readonly string[];
  readonly keys: readonly { readonly id: string; readonly name: string; readonly api_key?: string }[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly data: { readonly problems: readonly { readonly code: string; readonly line?: number }[] };
  };
}

export interface ApplyWorld extends ImportWorld {
  /** Runs `apply -f` on a file with this text. */
  apply(
    yaml: string,
    options?: readonly string[],
    run?: RunOptions,
  ): Promise<{ code: number; stderr: string; document: Applied }>;
  diff(
    yaml: string,
    options?: readonly string[],
    run?: RunOptions,
  ): Promise<{ code: number; stderr: string; document: Applied }>;
  /** As `apply`, for people. */
  applyAsText(yaml: string, options?: readonly string[], run?: RunOptions): Promise<Outcome>;
  /** Makes a key. @returns its id */
  createKey(name: string, ...options: string[]): Promise<string>;
  key(id: string): Promise<Record<string, unknown>>;
}

export async function openApplyWorld(): Promise<ApplyWorld> {
  const world = await openImportWorld();
  const { cli } = world;

  async function runOn(command: string, yaml: string, options: readonly string[] = [], run: RunOptions = {}) {
    const file = await world.write(yaml, 'metamcp.yaml');
    const { code, stdout, stderr } = await cli.run(['--json', command, '-f', file, ...options], run);
    // The document is described by the interface above.
    return { code, stderr, document: JSON.parse(stdout) as Applied };
  }

  return {
    ...world,
    apply: (yaml, options, run) => runOn('apply', yaml, options, run),
    diff: (yaml, options, run) => runOn('diff', yaml, options, run),
    async applyAsText(yaml, options = [], run = {}) {
      return cli.run(['apply', '-f', await world.write(yaml, 'metamcp.yaml'), ...options], run);
    },
    async createKey(name, ...options) {
      return (await cli.json(['keys', 'create', '--name', name, ...options])).document.id;
    },
    async key(id) {
      return JSON.parse((await cli.run(['keys', 'show', id, '--json'])).stdout) as Record<string, unknown>;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Each step in short: `create server github`. */
export function stepsOf({ document }: { readonly document: Applied }): string[] {
  return document.steps.map(({ action, kind, name }) => `${action} ${kind} ${name}`);
}

/** A file of two servers and two keys. */
export const FILE = `version: 1
servers:
  github:
    title: GitHub
    url: https://github.example/mcp
    headers:
      Authorization: Bearer \${env:GITHUB_TOKEN}
  wiki: { url: https://wiki.example/mcp, enabled: false }
keys:
  ci:
    description: builds
    scopes: [mcp]
    grants: ['github:search_*', wiki]
    expires: 2099-12-31
  paused: { active: false }
`;
/** What it refers to. */
export const env = { GITHUB_TOKEN: 'ghp-hush' };
