import type { IssuedKey } from '../../../../src/administration/apiKeys.ts';
import type { Administration } from '../../../../src/administration/administration.ts';
import type { Access, Labels } from '../../../../src/commands/apiKey.ts';
import { withTags } from '../../../../src/events/tag.ts';
import { findUnmetGrants } from '../../../../src/administration/unmetGrants.ts';
import type { CommandResult } from '../../../../src/administration/enforcement.ts';
import { AppError, Conflict } from '../../../../src/errors/appError.ts';
import { openServerSecrets } from '../../../stores/serverSecrets.ts';
import { askForTools } from '../../../upstream/askForTools.ts';
import { clientConfigurations } from '../../../clients/clientConfiguration.ts';
import { placesHere } from '../../../clients/places.ts';
import { describeError, formatError } from '../../../output/errorReport.ts';
import { escape } from '../../../../src/escape.ts';
import { shortId } from '../../../../src/shortId.ts';
import { endpointUrl } from '../../../gateway/endpoint.ts';
import { formatTime } from '../../../views/keyView.ts';
import { unmetGrantLines, unmetRoleGrantLines } from '../../../views/unmetGrants.ts';
import type { JobKind, Outcome, Tools } from '../../frame/model.ts';
import { secretScreen } from '../secret/secretScreen.ts';
import type { Change } from './change.ts';
import { commandOf } from './commandOf.ts';
import { rolesOfNames, withGrants, withRoles } from './revisedAccess.ts';
import { newServer, revised } from './serverDraft.ts';

/** Changes a key or a server. A failure is an outcome whose message says what to do; never rejects. */
export const CHANGE: JobKind<Change> = {
  isChange: true,
  commands: (change, nowMs) => [commandOf(change, nowMs)].filter((words) => words !== undefined),
  async run(tools, change, { signal }) {
    try {
      return await runChange(tools, change, signal);
    } catch (error) {
      return { ok: false, message: explain(error) };
    }
  },
};

/**
 * Runs the command of a change.
 * @param administration what it is done by (Default: in earnest)
 * @param context what it is attributed to (Default: a command of its own)
 * @throws AppError
 */
export async function runChange(
  tools: Tools,
  change: Change,
  signal: AbortSignal,
  administration: Administration = tools.stores,
  context = tools.commandContext(),
): Promise<Outcome> {
  const { keys, roles, servers, approvals, credentials } = administration;
  const { db, vault } = tools.stores;
  switch (change.command) {
    case 'createKey': {
      const { name, description, labels, access } = change;
      const unmet = unmetGrantLines(name, await findUnmetGrants(db, access.grants));
      const held = await roles.find(access.roles);
      const issued = await keys.create({ name, description, ...labels, ...access, roles: held }, context);
      const message = [`The key ${escape(name)} is created.`, ...unmet].join(' ');
      return withWarning(issuedOutcome(tools, issued, message), unmet);
    }
    case 'inactivateKey': {
      const result = await keys.inactivate(change.key.id, change.reason, context);
      return outcomeOf(
        result,
        `The key ${escape(change.key.name)} ${result.changed ? 'works no longer' : 'was inactive already'}.`,
      );
    }
    case 'activateKey': {
      const result = await keys.activate(change.key.id, change.reason, context);
      return outcomeOf(
        result,
        `The key ${escape(change.key.name)} ${result.changed ? 'is active again' : 'was active already'}.`,
      );
    }
    case 'deleteKey': {
      const result = await keys.remove(change.key.id, change.reason, context);
      return outcomeOf(
        result,
        `The key ${escape(change.key.name)} ${result.changed ? 'is deleted, and its secret destroyed' : 'was deleted already'}.`,
      );
    }
    case 'changeAccess': {
      const { key, access, ifMatch, reason } = change;
      const given = { ...access, roles: await rolesOfNames(administration, key.roles, access.roles) };
      const result = await keys.changeAccess(key.id, () => given, context, { ifMatch, reason });
      const unmet = unmetGrantLines(key.name, await findUnmetGrants(db, access.grants));
      const message = `What ${escape(key.name)} may do ${result.changed ? 'is changed' : 'was so already'}.`;
      return withWarning(outcomeOf(result, message), unmet);
    }
    case 'changeGrants': {
      const { key, add, remove, reason } = change;
      const revise = (access: Access): Access => withGrants(key.name, access, add, remove);
      const result = await keys.changeAccess(key.id, revise, context, { reason });
      const message = `The grants of ${escape(key.name)} ${result.changed ? 'are changed' : 'were so already'}.`;
      return withWarning(outcomeOf(result, message), unmetGrantLines(key.name, await findUnmetGrants(db, add)));
    }
    case 'changeRoles': {
      const { key, add, remove, reason } = change;
      const found = await roles.find(add);
      const revise = (access: Access): Access => withRoles(key.name, access, found, remove);
      const result = await keys.changeAccess(key.id, revise, context, { reason });
      return outcomeOf(
        result,
        `The roles of ${escape(key.name)} ${result.changed ? 'are changed' : 'were so already'}.`,
      );
    }
    case 'tagKey': {
      const { key, tag, reason } = change;
      const revise = ({ owner, tags }: Labels): Labels => ({ owner, tags: withTags(tags, [tag]) });
      const result = await keys.label(key.id, revise, context, { reason });
      return outcomeOf(result, `The key ${escape(key.name)} ${result.changed ? 'has' : 'had'} the tag ${escape(tag)}.`);
    }
    case 'rotateKey': {
      const { key, graceMs } = change;
      const issued = await keys.rotate(key.id, graceMs, context);
      const end = graceMs === 0 ? 'works no longer' : `works until ${formatTime(new Date(issued.validUntil))}`;
      return issuedOutcome(tools, issued, `The old key of ${escape(key.name)} ${end}. Its successor:`);
    }
    case 'removeCredential': {
      const { key, server, reason } = change;
      const none = () => ({ secrets: { headers: {}, env: {} } });
      const result = await credentials.change(key.id, server, none, context, { reason });
      return outcomeOf(
        result,
        `The server ${escape(server)} gets nothing of its own for ${escape(key.name)} any more.`,
      );
    }
    case 'undo': {
      const result = await change.compensation.run(administration, context, change.reason);
      return outcomeOf(result, result.changed ? 'It is undone.' : 'It was so already: nothing is to be undone.');
    }
    case 'createRole': {
      const { name, role } = change;
      const result = await roles.create(name, role, context);
      const message = `The role ${name} ${result.changed ? 'is created' : 'was there like that already'}.`;
      return withWarning(outcomeOf(result, message), unmetRoleGrantLines(name, await findUnmetGrants(db, role.grants)));
    }
    case 'changeRole': {
      const { name, role, ifMatch, reason } = change;
      const result = await roles.change(name, () => role, context, { ifMatch, reason });
      const message = `What the role ${name} gives ${result.changed ? 'is changed, for all keys that have it' : 'was so already'}.`;
      return withWarning(outcomeOf(result, message), unmetRoleGrantLines(name, await findUnmetGrants(db, role.grants)));
    }
    case 'deleteRole': {
      const result = await roles.remove(change.name, change.reason, context);
      return outcomeOf(
        result,
        `The role ${change.name} ${result.changed ? 'is deleted, and what it gave is lost' : 'was deleted already'}.`,
      );
    }
    case 'registerServer': {
      const result = await servers.register(change.name, newServer(change.draft), context);
      return outcomeOf(
        result,
        `The server ${change.name} ${result.changed ? 'is added. t tests it' : 'was there like that already'}.`,
      );
    }
    case 'updateServer': {
      const { name, draft, ifMatch, reason } = change;
      const result = await servers.update(name, (current) => revised(current, draft), context, {
        ifMatch,
        reason,
      });
      return outcomeOf(result, `The server ${name} ${result.changed ? 'is changed' : 'was like that already'}.`);
    }
    case 'approveTools': {
      const { name, digest, reason } = change;
      const ask = askForTools({ db, secretsOf: (row) => openServerSecrets(vault, row), signal });
      const result = await approvals.approve(name, change.tools, { digest, reason, ask }, context);
      const names = result.approved.map((tool) => escape(tool.name)).join(', ');
      return outcomeOf(
        result,
        result.changed ? `Approved of ${name}: ${names}.` : `No tool of ${name} waits any more.`,
      );
    }
    case 'enableServer': {
      const result = await servers.enable(change.name, change.reason, context);
      return outcomeOf(result, `The server ${change.name} ${result.changed ? 'is enabled' : 'was enabled already'}.`);
    }
    case 'disableServer': {
      const result = await servers.disable(change.name, change.reason, context);
      return outcomeOf(result, `The server ${change.name} ${result.changed ? 'is disabled' : 'was disabled already'}.`);
    }
    case 'removeServer': {
      const result = await servers.remove(change.name, change.reason, context);
      return outcomeOf(
        result,
        `The server ${change.name} ${result.changed ? 'is removed, and its secrets destroyed' : 'was removed already'}.`,
      );
    }
  }
}

/** A new key is shown even when a store fails now: it can't be shown later. */
function issuedOutcome(
  { settings, surroundings }: Tools,
  issued: IssuedKey,
  message: string,
): Extract<Outcome, { ok: true }> {
  const endpoint = endpointUrl(settings);
  const { id, name, apiKey, pending } = issued;
  const outcome = outcomeOf(issued, message);
  const configurations = clientConfigurations(endpoint, surroundings && placesHere(surroundings));
  return {
    ...outcome,
    warning: pending === undefined ? outcome.warning : `Keep the key: ${escape(pending)}`,
    unseen: `The key ${escape(name)} (${shortId(id)}) was made, but nobody has seen its secret. Make another: metamcp-cli keys rotate ${shortId(id)}`,
    opens: secretScreen({ apiKey, configurations, message }),
  };
}

/** Warns of what leads nowhere; what was done shows on the screen, and a notice has one line. */
function withWarning(outcome: Extract<Outcome, { ok: true }>, lines: readonly string[]): Outcome {
  if (lines.length === 0) return outcome;
  return { ...outcome, warning: [...(outcome.warning === undefined ? [] : [outcome.warning]), ...lines].join(' ') };
}

function outcomeOf({ unconfirmed, pending, retired }: CommandResult, sentence: string): Extract<Outcome, { ok: true }> {
  const message = retired ? `${sentence} Its history can’t be read, so it is retired.` : sentence;
  if (pending !== undefined) return { ok: true, message, warning: `${message} ${escape(pending)}` };
  if (unconfirmed.length === 0) return { ok: true, message };
  const names = unconfirmed.map(escape).join(', ');
  return {
    ok: true,
    message,
    warning: `${message} Not confirmed in time by ${names}, which may still act on the old state.`,
  };
}

function explain(error: unknown): string {
  const text = formatError(describeError(error));
  if (error instanceof Conflict)
    return `Someone else has just changed it. Press Esc, look at it, and try again. (${text})`;
  if (error instanceof AppError && error.kind === 'unavailable') return `${text} Ctrl-S tries again.`;
  return text;
}
