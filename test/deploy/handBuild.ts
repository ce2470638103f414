import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, linkSync, readFileSync } from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmSettings } from '../support/npmSettings.ts';
import { ROOT } from './composeFile.ts';
import { imageInstructions, parseDockerfile, type Instruction, type Stage } from './dockerfile.ts';

const CHECKOUT = fileURLToPath(ROOT);

/** What develops the product is what the checkout has installed, from the same lockfile; what runs it is installed anew. */
const WHOLE_INSTALLATION = /^npm ci (?!.*--omit)/;

/** What the image would hold, in a folder. */
export interface Built {
  /** The folder that stands for the image's `/`. */
  readonly root: string;
  /** The image's WORKDIR, below `root`. */
  readonly cwd: string;
  /** The image's ENV, with this machine's PATH behind the image's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly [string, ...string[]];
  readonly healthcheck: readonly [string, ...string[]];
}

/** A stage while it is built. */
interface Layer {
  readonly root: string;
  workdir: string;
  env: Record<string, string>;
}

/**
 * Carries out the instructions of the Dockerfile without a container engine: each stage in a folder of its own below `folder`,
 * files copied and commands run as written, but for system packages, which stay out, and for what only compiles.
 */
export async function buildByHand(folder: string): Promise<Built> {
  const stages = parseDockerfile(readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8'));
  const layers = new Map<string, Layer>();
  for (const stage of stages) layers.set(stage.name, await buildStage(stage, layers, folder));
  const { root, workdir, env } = layers.get(stages.at(-1)!.name)!;
  return {
    root,
    cwd: join(root, workdir),
    env,
    command: argumentsOf(stages, 'CMD', ({ rest }) => rest),
    healthcheck: argumentsOf(stages, 'HEALTHCHECK', ({ rest }) => rest.replace(/^CMD\s+/, '')),
  };
}

async function buildStage(stage: Stage, layers: ReadonlyMap<string, Layer>, folder: string): Promise<Layer> {
  const root = join(folder, stage.name);
  const parent = layers.get(stage.from);
  const layer = { root, workdir: parent?.workdir ?? '/', env: { ...(parent?.env ?? (await baseImage(folder))) } };
  if (parent === undefined) await mkdir(root);
  else await cp(parent.root, root, { recursive: true, verbatimSymlinks: true });
  for (const instruction of stage.instructions) await carryOut(instruction, layer, layers);
  return layer;
}

/** Stands in for the base image: this very Node, where any user may run it, and this machine's npm and shell. */
async function baseImage(folder: string): Promise<Record<string, string>> {
  const bin = join(folder, 'base bin');
  await mkdir(bin);
  try {
    linkSync(process.execPath, join(bin, 'node'));
  } catch {
    copyFileSync(process.execPath, join(bin, 'node'));
  }
  // Without the checkout's own node_modules/.bin, which `npm test` puts there.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.startsWith(CHECKOUT));
  return { PATH: [bin, ...path].join(delimiter) };
}

async function carryOut(instruction: Instruction, layer: Layer, layers: ReadonlyMap<string, Layer>): Promise<void> {
  const { name, flags, rest } = instruction;
  const at = (path: string) => (path.startsWith('/') ? join(layer.root, path) : join(layer.root, layer.workdir, path));
  if (name === 'WORKDIR') {
    layer.workdir = rest;
    await mkdir(at('.'), { recursive: true });
  } else if (name === 'ENV') {
    const [variable = '', value = ''] = rest.split(/=(.*)/s);
    const expanded = value.replaceAll('$PATH', layer.env['PATH'] ?? '');
    layer.env[variable] = variable === 'PATH' ? inside(layer, expanded) : expanded;
  } else if (name === 'COPY') {
    const sources = rest.split(/\s+/);
    const target = sources.pop()!;
    const source = flags['from'] === undefined ? CHECKOUT : layers.get(flags['from'])!.root;
    for (const path of sources) {
      await cp(join(source, path), at(target.endsWith('/') ? join(target, path) : target), { recursive: true });
    }
  } else if (name === 'RUN' && WHOLE_INSTALLATION.test(rest)) {
    await symlink(join(CHECKOUT, 'node_modules'), at('node_modules'));
  } else if (name === 'RUN' && !rest.includes('apt-get')) {
    await run(rest, layer);
  }
}

/** Moves the entries of a PATH that lie in the image's WORKDIR below the folder that stands for it. */
function inside({ root, workdir }: Layer, path: string): string {
  return path
    .split(delimiter)
    .map((entry) => (entry.startsWith(`${workdir}/`) ? join(root, entry) : entry))
    .join(delimiter);
}

async function run(command: string, { root, workdir, env }: Layer): Promise<void> {
  const child = spawn('sh', ['-c', command], {
    cwd: join(root, workdir),
    // npm finds its cache and its registry as usual; what `npm ci` left in the cache need not be fetched again.
    env: { HOME: process.env['HOME'], ...npmSettings(), npm_config_prefer_offline: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}:\n${Buffer.concat(output).toString()}`);
}

function argumentsOf(stages: Stage[], name: string, text: (instruction: Instruction) => string): [string, ...string[]] {
  const instruction = imageInstructions(stages).findLast((candidate) => candidate.name === name);
  return JSON.parse(text(instruction!)) as [string, ...string[]];
}
