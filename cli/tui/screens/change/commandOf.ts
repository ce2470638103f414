import { formatDuration } from '../../../../src/events/duration.ts';
import { shortId } from '../../../../src/shortId.ts';
import type { Labels } from '../../../../src/commands/apiKey.ts';
import type { Role } from '../../../../src/commands/keyRole.ts';
import { NO_ROLE } from '../../../../src/events/roleName.ts';
import type { TypedAccess } from '../access/accessFields.ts';
import type { Change } from './change.ts';
import type { ServerDraft } from './serverDraft.ts';

/** A command of the CLI, as words. */
export type Words = readonly string[];

/** Names the command that makes the same change; undefined where there is none. @param nowMs a key’s expiry is said as a time from now */
export function commandOf(change: Change, nowMs: number): Words | undefined {
  switch (change.command) {
    case 'createKey': {
      const { name, description, labels, access } = change;
      const texts = [...option('--description', description), ...labelWords(labels)];
      return ['keys', 'create', '--name', name, ...texts, ...accessWords(access, nowMs)];
    }
    case 'inactivateKey':
    case 'activateKey':
    case 'deleteKey': {
      const verb = { inactivateKey: 'inactivate', activateKey: 'activate', deleteKey: 'delete' }[change.command];
      const confirm = change.command === 'deleteKey' ? ['--confirm'] : [];
      return ['keys', verb, shortId(change.key.id), ...confirm, ...option('--reason', change.reason)];
    }
    case 'changeAccess': {
      const { key, access, reason } = change;
      const expiry = access.expiresAt === undefined ? ['--never-expires'] : [];
      const { limits = [], networks = [] } = access;
      const emptied = [
        ...(limits.length === 0 ? ['--limit', 'none'] : []),
        ...(networks.length === 0 ? ['--network', 'none'] : []),
        ...(access.scopes.length === 0 ? repeated('--remove-scope', key.scopes) : []),
        ...(access.grants.length === 0 ? repeated('--remove-grant', key.grants) : []),
        ...(access.roles.length === 0 && key.roles.length > 0 ? ['--role', NO_ROLE] : []),
      ];
      return [
        'keys',
        'access',
        shortId(key.id),
        ...accessWords(access, nowMs),
        ...emptied,
        ...expiry,
        ...option('--reason', reason),
      ];
    }
    case 'changeGrants': {
      const { key, add, remove, reason } = change;
      const grants = [...repeated('--add-grant', add), ...repeated('--remove-grant', remove)];
      return ['keys', 'access', shortId(key.id), ...grants, ...option('--reason', reason)];
    }
    case 'changeRoles': {
      const { key, add, remove, reason } = change;
      const roles = [...repeated('--add-role', add), ...repeated('--remove-role', remove)];
      return ['keys', 'access', shortId(key.id), ...roles, ...option('--reason', reason)];
    }
    case 'tagKey':
      return ['keys', 'label', shortId(change.key.id), '--tag', change.tag, ...option('--reason', change.reason)];
    case 'rotateKey':
      return ['keys', 'rotate', shortId(change.key.id), '--grace', formatDuration(change.graceMs)];
    case 'removeCredential': {
      const { key, server, reason } = change;
      return ['servers', 'credential', server, '--key', shortId(key.id), '--unset-all', ...option('--reason', reason)];
    }
    case 'undo': {
      const { event, overwrites } = change.compensation;
      const overwrite = overwrites.length === 0 ? [] : ['--overwrite'];
      return ['undo', shortId(event), ...overwrite, '--confirm', ...option('--reason', change.reason)];
    }
    case 'createRole':
      return ['roles', 'create', change.name, ...roleWords(change.role)];
    case 'changeRole': {
      const { name, role, reason } = change;
      // Empty, it takes the description away.
      const description = role.description === undefined ? ['--description', ''] : [];
      return ['roles', 'access', name, ...description, ...roleWords(role), ...option('--reason', reason)];
    }
    case 'deleteRole':
      return ['roles', 'delete', change.name, '--confirm', ...option('--reason', change.reason)];
    case 'registerServer':
      return ['servers', 'add', change.name, ...draftWords(change.draft)];
    case 'updateServer': {
      const { name, draft, reason } = change;
      const dropped = [...repeated('--remove-header', draft.drop)];
      return ['servers', 'update', name, ...option('--reason', reason), ...dropped, ...draftWords(draft)];
    }
    case 'approveTools':
      return ['servers', 'approve', change.name, ...change.tools, ...option('--reason', change.reason)];
    case 'enableServer':
    case 'disableServer':
    case 'removeServer': {
      const verb = { enableServer: 'enable', disableServer: 'disable', removeServer: 'remove' }[change.command];
      const confirm = change.command === 'removeServer' ? ['--confirm'] : [];
      return ['servers', verb, change.name, ...confirm, ...option('--reason', change.reason)];
    }
  }
}

function labelWords({ owner, tags }: Labels): Words {
  return [...option('--owner', owner), ...repeated('--tag', tags)];
}

function roleWords({ description, scopes, grants }: Role): Words {
  return [...option('--description', description), ...repeated('--scope', scopes), ...repeated('--grant', grants)];
}

function accessWords(
  { scopes, grants, roles, limits = [], networks = [], expiresAt }: TypedAccess,
  nowMs: number,
): Words {
  // To the minute: the clock goes on until the command runs.
  const minutes = expiresAt === undefined ? 0 : Math.max(1, Math.round((Date.parse(expiresAt) - nowMs) / 60_000));
  return [
    ...repeated('--scope', scopes),
    ...repeated('--grant', grants),
    ...repeated('--role', roles),
    ...repeated('--limit', limits),
    ...repeated('--network', networks),
    ...(expiresAt === undefined ? [] : ['--expires-in', `${String(minutes)}m`]),
  ];
}

/** A value that is secret is asked for, and stands on no command line. */
function draftWords({
  transport,
  url,
  command = [],
  cwd = '',
  title,
  description,
  headers,
  env = {},
  isolation,
}: ServerDraft): Words {
  const texts = [...option('--title', title), ...option('--description', description)];
  const secrets = [
    ...repeated(
      '--header',
      Object.keys(headers).map((name) => `${name}: @-`),
    ),
    ...repeated(
      '--env',
      Object.keys(env).map((name) => `${name}=@-`),
    ),
  ];
  if (transport !== 'stdio')
    return ['--url', url, ...option('--transport', transport === 'sse' ? 'sse' : undefined), ...texts, ...secrets];
  return [...option('--cwd', cwd), ...texts, ...option('--isolation', isolation), ...secrets, '--', ...command];
}

function option(name: string, value: string | undefined): Words {
  return value === undefined || value === '' ? [] : [name, value];
}

function repeated(name: string, values: readonly string[]): Words {
  return values.flatMap((value) => [name, value]);
}
