import type { IssuedKey } from '../../../src/administration/apiKeys.ts';
import type { CommandResult } from '../../../src/administration/enforcement.ts';
import type { Access } from '../../../src/commands/apiKey.ts';
import { AppError, Conflict } from '../../../src/errors/appError.ts';
import { commandContext } from '../../actor.ts';
import { clientConfigurations } from '../../clientConfiguration.ts';
import { describeError, formatError } from '../../errorReport.ts';
import { escape } from '../../escape.ts';
import { endpointFor } from '../../issuedKey.ts';
import { formatTime } from '../../keyView.ts';
import type { Outcome } from '../state/action.ts';
import type { Command } from '../state/effect.ts';
import { newServer, revised } from './serverInput.ts';
import type { Tools } from './tools.ts';

/** Runs a command. What went wrong is an outcome like any other, in words that say what to do; never rejects. */
export async function runCommand(tools: Tools, command: Command): Promise<Outcome> {
  try {
    return await run(tools, command);
  } catch (error) {
    return { ok: false, says: explain(error) };
  }
}

async function run(tools: Tools, command: Command): Promise<Outcome> {
  const { keys, servers } = tools.stores;
  const context = commandContext();
  switch (command.command) {
    case 'createKey': {
      const { name, description, access } = command;
      const issued = await keys.create({ name, description, ...access }, context);
      return shown(tools, issued, access, `The key ${escape(name)} is created.`);
    }
    case 'inactivateKey': {
      const settled = await keys.inactivate(command.key.id, command.reason, context);
      return said(
        settled,
        `The key ${escape(command.key.name)} ${settled.changed ? 'works no longer' : 'was inactive already'}.`,
      );
    }
    case 'activateKey': {
      const settled = await keys.activate(command.key.id, command.reason, context);
      return said(
        settled,
        `The key ${escape(command.key.name)} ${settled.changed ? 'is active again' : 'was active already'}.`,
      );
    }
    case 'deleteKey': {
      const settled = await keys.remove(command.key.id, command.reason, context);
      return said(
        settled,
        `The key ${escape(command.key.name)} ${settled.changed ? 'is deleted, and its secret destroyed' : 'was deleted already'}.`,
      );
    }
    case 'changeAccess': {
      const { key, access, ifMatch, reason } = command;
      const settled = await keys.changeAccess(key.id, () => access, context, { ifMatch, reason });
      return said(settled, `What ${escape(key.name)} may do ${settled.changed ? 'is changed' : 'was so already'}.`);
    }
    case 'rotateKey': {
      const { key, access, graceMs } = command;
      const issued = await keys.rotate(key.id, graceMs, context);
      const end = graceMs === 0 ? 'works no longer' : `works until ${formatTime(new Date(issued.validUntil))}`;
      return shown(tools, issued, access, `The old key of ${escape(key.name)} ${end}. Its successor:`);
    }
    case 'registerServer': {
      const settled = await servers.register(command.name, newServer(command.draft), context);
      return said(
        settled,
        `The server ${command.name} ${settled.changed ? 'is added. t tests it' : 'was there like that already'}.`,
      );
    }
    case 'updateServer': {
      const { name, draft, ifMatch, reason } = command;
      const settled = await servers.update(name, (current) => revised(current, draft), context, { ifMatch, reason });
      return said(settled, `The server ${name} ${settled.changed ? 'is changed' : 'was like that already'}.`);
    }
    case 'enableServer': {
      const settled = await servers.enable(command.name, command.reason, context);
      return said(settled, `The server ${command.name} ${settled.changed ? 'is enabled' : 'was enabled already'}.`);
    }
    case 'disableServer': {
      const settled = await servers.disable(command.name, command.reason, context);
      return said(settled, `The server ${command.name} ${settled.changed ? 'is disabled' : 'was disabled already'}.`);
    }
    case 'removeServer': {
      const settled = await servers.remove(command.name, command.reason, context);
      return said(
        settled,
        `The server ${command.name} ${settled.changed ? 'is removed, and its secrets destroyed' : 'was removed already'}.`,
      );
    }
  }
}

/** A key that was made is shown even when a store fails right now: nobody can show it later. */
async function shown({ stores, config }: Tools, issued: IssuedKey, access: Access, says: string): Promise<Outcome> {
  const endpoint = await endpointFor(stores.db, config, access.grants).catch(() => undefined);
  const { id, name, apiKey, pending } = issued;
  const outcome = said(issued, says);
  return {
    ...outcome,
    ok: true,
    warning: pending === undefined ? outcome.warning : `Keep the key: ${escape(pending)}`,
    issued: {
      id,
      name,
      apiKey,
      configurations: endpoint === undefined ? [] : clientConfigurations(endpoint),
      said: says,
    },
  };
}

function said({ unconfirmed, pending, retired }: CommandResult, what: string): Extract<Outcome, { ok: true }> {
  const says = retired ? `${what} Its history can’t be read, so it is retired.` : what;
  if (pending !== undefined) return { ok: true, says, warning: `${says} ${escape(pending)}` };
  if (unconfirmed.length === 0) return { ok: true, says };
  const names = unconfirmed.map(escape).join(', ');
  return {
    ok: true,
    says,
    warning: `${says} Not confirmed in time by ${names}, which may still act on the old state.`,
  };
}

function explain(error: unknown): string {
  const text = formatError(describeError(error));
  if (error instanceof Conflict)
    return `Someone else has just changed it. Press Esc, look at it, and try again. (${text})`;
  if (error instanceof AppError && error.kind === 'unavailable') return `${text} Ctrl-S tries again.`;
  return text;
}
