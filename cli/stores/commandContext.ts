import { hostname, userInfo } from 'node:os';
import { systemClock } from '../../src/clock.ts';
import type { CommandContext } from '../../src/events/metadata.ts';
import { uuidV7 } from '../../src/ids.ts';
import { misuse } from '../input/misuse.ts';

/** Who the user says to be. */
export interface ClaimedActor {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The `--as` option. */
  readonly as: () => string | undefined;
}

/** Without spaces: what stands before “ as ” in the actor is the name alone. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u;

/**
 * The actor of this command, `cli:<os user>@<host>`, or `cli:<name> as <os user>@<host>` where the user has another name
 * than the system knows, and a correlation id of its own (docs/architecture.md, Events).
 * @param claimed (Default: the user has no other name)
 * @throws Invalid `usage`
 */
export function commandContext(claimed?: ClaimedActor): CommandContext {
  const id = uuidV7(systemClock());
  const user = userName();
  const name = claimed === undefined ? undefined : claimedName(claimed);
  const who = name === undefined || name === user ? user : `${name} as ${user}`;
  return { actor: `cli:${who}@${hostname()}`, correlationId: id, causationId: id };
}

/** As sudo leaves it, which everybody who may use sudo can set likewise: the name is a statement, and no proof. */
function claimedName({ env, as }: ClaimedActor): string | undefined {
  const option = as();
  if (option !== undefined) return checked(option, '--as');
  const variable = env['METAMCP_ACTOR'];
  if (variable !== undefined && variable !== '') return checked(variable, 'METAMCP_ACTOR');
  const sudo = env['SUDO_USER'];
  return sudo !== undefined && NAME.test(sudo) ? sudo : undefined;
}

function checked(name: string, what: string): string {
  if (NAME.test(name)) return name;
  throw misuse(`${what} is a name of 64 letters, digits and . _ @ + - at most, as in alice@example.org.`);
}

/** In a container the user id may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${String(process.getuid?.())}`;
  }
}
