import { uuidV5 } from '../ids.ts';

/** The public id of a server: the UUID v5 of its name. */
export function serverId(name: string): string {
  return uuidV5(name);
}
