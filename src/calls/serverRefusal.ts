import type { LiveServer } from '../live/liveServer.ts';
import { Unavailable } from '../errors/appError.ts';

/** Tells why a call that began with the server as `atBegin` may not go on, now that it is `server`; undefined when it may. */
export function serverRefusal(server: LiveServer | undefined, atBegin: LiveServer): Unavailable | undefined {
  const { name } = atBegin;
  if (server === undefined) return new Unavailable('server-deleted', `The server "${name}" was deleted.`);
  if (!server.enabled) return new Unavailable('server-disabled', `The server "${name}" was disabled.`);
  if (server.url?.href !== atBegin.url?.href) {
    return new Unavailable('server-changed', `The server "${name}" was moved to another URL.`);
  }
  if (server.program !== atBegin.program && programOf(server) !== programOf(atBegin)) {
    return new Unavailable('server-changed', `The server "${name}" was given another command.`);
  }
  return undefined;
}

/** What decides which program it is. A call goes on although its variables or limits have changed. */
function programOf({ program }: LiveServer): string {
  return JSON.stringify([program?.command, program?.args, program?.cwd]);
}
