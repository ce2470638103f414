import type { Clock } from '../clock.ts';
import type { CommandHandler, CommandSource, HandleOptions } from '../commands/handle.ts';
import { existingRole, keyRole, type KeyRoleCommand, type KeyRoleState, type Role } from '../commands/keyRole.ts';
import type { HeldRole } from '../events/heldRole.ts';
import { keyRoleEvents, keyRoleStream } from '../events/keyRole.ts';
import type { CommandContext } from '../events/metadata.ts';
import { uuidV7 } from '../ids.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { CommandResult, Enforcement } from './enforcement.ts';
import { refusedAsMade } from './refusedAsMade.ts';
import type { Retirement } from './retirement.ts';

/** Everything that can be done to roles. Each method reports once the change is readable, and enforced for every key that has the role. */
export interface KeyRoleAdministration {
  /** Finds roles to give to a key. @throws NotFound `role-not-found`; Refused when its history can't be read; Unavailable */
  find(names: readonly string[]): Promise<HeldRole[]>;
  /** @throws Refused `role-exists`; Unavailable */
  create(name: string, role: Role, context: CommandContext): Promise<CommandResult>;
  /**
   * Gives a role what `revise` makes of it.
   * @throws NotFound `role-not-found`; Conflict `revision-mismatch`; Unavailable — as below
   */
  change(
    name: string,
    revise: (current: Role) => Role,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<CommandResult>;
  /** Its keys lose what it gave. A role whose history can't be read is retired for good instead. */
  remove(
    name: string,
    reason: string | undefined,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<CommandResult>;
}

export interface KeyRoleAdministrationOptions {
  readonly retirement: Retirement;
  readonly commands: CommandHandler;
  readonly enforcement: Pick<Enforcement, 'enforce'>;
  readonly clock: Clock;
}

/** Makes the administration of roles: it handles commands, and has changes enforced. */
export function createKeyRoleAdministration(options: KeyRoleAdministrationOptions): KeyRoleAdministration {
  const { commands, retirement, enforcement, clock } = options;

  const handle = (
    name: string,
    command: CommandSource<KeyRoleState, KeyRoleCommand>,
    context: CommandContext,
    options?: HandleOptions,
  ) => commands.handle(keyRole, keyRoleEvents, name, command, context, options);

  return {
    async find(names) {
      const found: HeldRole[] = [];
      for (const name of new Set(names)) {
        const { state } = await commands.load(keyRole, keyRoleEvents, name);
        found.push({ name, id: existingRole(state, name).id });
      }
      return found;
    },
    async create(name, role, context) {
      const stream = keyRoleStream(name);
      await retirement.refuseRetired(stream);
      try {
        const command = { type: 'Create', id: uuidV7(clock()), ...role } as const;
        return await enforcement.enforce({ ...(await handle(name, command, context)), stream });
      } catch (error) {
        return refusedAsMade(error, async () => {
          const stored = await commands.load(keyRole, keyRoleEvents, name);
          return enforcement.enforce({ ...stored, stream, changed: false });
        });
      }
    },
    async change(name, revise, context, options = {}) {
      const stream = keyRoleStream(name);
      const { reason, ...how } = options;
      await retirement.refuseRetired(stream);
      const command = ({ state }: { readonly state: KeyRoleState }): Promise<KeyRoleCommand> =>
        Promise.resolve().then(() => ({ type: 'Change', ...revise(existingRole(state, name).role), reason }));
      return enforcement.enforce({ ...(await handle(name, command, context, how)), stream, effect: 'narrows' });
    },
    async remove(name, reason, context, options) {
      const stream = keyRoleStream(name);
      try {
        const handled = await handle(name, { type: 'Delete', reason }, context, options);
        return await enforcement.enforce({ ...handled, stream, effect: 'ends' });
      } catch (error) {
        return retirement.instead(error, stream, { final: true, reason }, context);
      }
    },
  };
}
