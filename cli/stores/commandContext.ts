import { hostname, userInfo } from 'node:os';
import { systemClock } from '../../src/clock.ts';
import type { CommandContext } from '../../src/events/metadata.ts';
import { uuidV7 } from '../../src/ids.ts';

/** The actor of this command, `cli:<os user>@<host>`, and a correlation id of its own (docs/architecture.md, Events). */
export function commandContext(): CommandContext {
  const id = uuidV7(systemClock());
  return { actor: `cli:${userName()}@${hostname()}`, correlationId: id, causationId: id };
}

/** In a container the user id may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${String(process.getuid?.())}`;
  }
}
