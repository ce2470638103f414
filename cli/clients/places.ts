import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** What the places of configuration files depend on. */
export interface Places {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The places of this machine, for a user with this environment. */
export function placesHere({ env, cwd }: Pick<Places, 'env' | 'cwd'>): Places {
  return { platform: process.platform, env, cwd };
}

/** Finds the user's folder, as clients do. */
export function homeOf({ platform, env }: Places): string {
  return env[platform === 'win32' ? 'USERPROFILE' : 'HOME'] ?? homedir();
}

/** Joins in the platform's way. */
export function inHome(places: Places, ...parts: readonly string[]): string {
  return pathOf(places).join(homeOf(places), ...parts);
}

/** Where programs of the platform keep their settings: APPDATA, Application Support, or XDG_CONFIG_HOME. */
export function inSettings(places: Places, ...parts: readonly string[]): string {
  const { platform, env } = places;
  if (platform === 'darwin') return inHome(places, 'Library', 'Application Support', ...parts);
  if (platform === 'win32') {
    const folder = env['APPDATA'];
    return folder === undefined ? inHome(places, 'AppData', 'Roaming', ...parts) : win32.join(folder, ...parts);
  }
  return inConfig(places, ...parts);
}

/** Where programs keep their settings that go by XDG on every platform: XDG_CONFIG_HOME, or `~/.config`. */
export function inConfig(places: Places, ...parts: readonly string[]): string {
  const path = pathOf(places);
  const folder = places.env['XDG_CONFIG_HOME'];
  // XDG Base Directory: a relative path is invalid and ignored.
  return folder !== undefined && path.isAbsolute(folder)
    ? path.join(folder, ...parts)
    : inHome(places, '.config', ...parts);
}

/** In the folder that a variable of the environment names, or else where `otherwise` says. */
export function inNamed(places: Places, variable: string, parts: readonly string[], otherwise: () => string): string {
  const folder = places.env[variable];
  return folder === undefined || folder.trim() === '' ? otherwise() : pathOf(places).join(folder.trim(), ...parts);
}

/** In the folder of the project at hand. */
export function inProject(places: Places, ...parts: readonly string[]): string {
  return pathOf(places).join(places.cwd, ...parts);
}

function pathOf({ platform }: Places): typeof posix {
  return platform === 'win32' ? win32 : posix;
}
