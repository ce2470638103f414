import { z } from 'zod';
import { apiKeyStream, scopeSchema } from '../../../../src/events/apiKey.ts';
import { mcpServerStream, serverSettingsSchema } from '../../../../src/events/mcpServer.ts';
import type { AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import { heldRoleSchema, type HeldRole } from '../../../../src/events/heldRole.ts';
import { keyRoleStream } from '../../../../src/events/keyRole.ts';
import { subjectOf, type Subject } from '../../../../src/events/streamName.ts';
import { escape } from '../../../../src/escape.ts';
import type { Change } from '../change/change.ts';

/** The change that takes back what an event did. */
export interface Compensation {
  /** As in: Activates the key again. */
  readonly text: string;
  readonly change: (reason: string | undefined) => Change;
}

const accessSchema = z.object({
  name: z.string().optional(),
  scopes: z.array(scopeSchema),
  grants: z.array(z.string()),
  roles: z.array(heldRoleSchema).optional(),
  limits: z.array(z.string()).optional(),
  networks: z.array(z.string()).optional(),
  expiresAt: z.string().optional(),
});
const roleSchema = z.object({
  description: z.string().optional(),
  scopes: z.array(scopeSchema),
  grants: z.array(z.string()),
});
/** Of an event that a newer version has stored. */
const UNKNOWN = { refusal: 'This version does not know how to take that back.' };
const settingsSchema = serverSettingsSchema.omit({ sealed: true });

function streamOf(subject: Subject): string {
  if ('role' in subject) return keyRoleStream(subject.role);
  return 'key' in subject ? apiKeyStream(subject.key) : mcpServerStream(subject.server);
}

/** Finds what takes back the event at `at`, or why nothing does. */
export function compensationOf(
  rows: readonly AuditEventRow[],
  at: number,
): Compensation | { readonly refusal: string } {
  const event = rows[at];
  const subject = event && subjectOf(event.stream);
  if (subject === undefined) return { refusal: 'There is no event here.' };
  // The events of its catalogue and of its repairs count in streams of their own.
  const own = streamOf(subject);
  const last = rows.findLast(({ stream }) => stream === own);
  if (last === undefined) return { refusal: 'There is no event here.' };
  if (last.type === 'KeyRoleDeleted') {
    return { refusal: 'A deletion is final. Create the role anew, and give it to the keys that shall have it.' };
  }
  if (/Deleted$/.test(last.type)) return { refusal: 'A deletion is final: the secret is destroyed.' };
  if ('role' in subject) return ofRole(rows, at, subject.role, last.revision);
  return 'key' in subject
    ? ofKey(rows, at, subject.key, last.revision)
    : ofServer(rows, at, subject.server, last.revision);
}

function ofKey(
  rows: readonly AuditEventRow[],
  at: number,
  id: string,
  ifMatch: number,
): Compensation | { refusal: string } {
  const key = { id, name: accessSchema.safeParse(rows[0]?.data).data?.name ?? id };
  switch (rows[at]?.type) {
    case 'ApiKeyInactivated':
      return {
        text: 'Activates the key again.',
        change: (reason) => ({ command: 'activateKey', key, reason }),
      };
    case 'ApiKeyActivated':
      return {
        text: 'Inactivates the key again.',
        change: (reason) => ({ command: 'inactivateKey', key, reason }),
      };
    case 'ApiKeyAccessChanged': {
      const before = rows
        .slice(0, at)
        .findLast(({ type }) => type === 'ApiKeyCreated' || type === 'ApiKeyAccessChanged');
      const access = accessSchema.safeParse(before?.data).data;
      if (access === undefined) return { refusal: 'What the key might do before is not known.' };
      const { scopes, grants, roles, limits, networks, expiresAt } = access;
      const end = expiresAt === undefined ? 'never expires' : `expires ${expiresAt}`;
      return {
        text: `Gives the key what it had before: scopes ${scopes.join(', ')}; grants ${escape(grants.join(', '))}${rolesText(roles)}; ${end}.`,
        change: (reason) => ({
          command: 'changeAccess',
          key,
          access: { scopes, grants, roles, expiresAt, limits, networks },
          ifMatch,
          reason,
        }),
      };
    }
    case 'ApiKeyLabelled':
      return { refusal: 'Give the key the owner and the tags from before: metamcp-cli keys label.' };
    case 'ApiKeyRotated':
      return { refusal: 'A rotation can’t be undone; inactivate the successor, or rotate it again.' };
    case 'ApiKeyCredentialSet':
    case 'ApiKeyCredentialRemoved':
      return { refusal: 'The values before are not shown to anybody; give them anew: metamcp-cli servers credential.' };
    case 'ApiKeyCreated':
      return { refusal: 'A creation can’t be undone; delete the key instead.' };
    case undefined:
    default:
      return UNKNOWN;
  }
}

function rolesText(roles: readonly HeldRole[] = []): string {
  return roles.length === 0 ? '' : `; roles ${roles.map(({ name }) => escape(name)).join(', ')}`;
}

function ofRole(
  rows: readonly AuditEventRow[],
  at: number,
  name: string,
  ifMatch: number,
): Compensation | { refusal: string } {
  switch (rows[at]?.type) {
    case 'KeyRoleChanged': {
      const before = rows.slice(0, at).findLast(({ type }) => type === 'KeyRoleCreated' || type === 'KeyRoleChanged');
      const role = roleSchema.safeParse(before?.data).data;
      if (role === undefined) return { refusal: 'What the role was before is not known.' };
      const { description, scopes, grants } = role;
      return {
        text: `Gives the role what it had before, for all keys that have it: scopes ${scopes.join(', ')}; grants ${escape(grants.join(', '))}.`,
        change: (reason) => ({
          command: 'changeRole',
          name,
          role: { description, scopes, grants },
          ifMatch,
          reason,
        }),
      };
    }
    case 'KeyRoleCreated':
      return { refusal: 'A creation can’t be undone; delete the role instead: metamcp-cli roles delete.' };
    case undefined:
    default:
      return UNKNOWN;
  }
}

function ofServer(
  rows: readonly AuditEventRow[],
  at: number,
  name: string,
  ifMatch: number,
): Compensation | { refusal: string } {
  switch (rows[at]?.type) {
    case 'McpServerDisabled':
      return {
        text: 'Enables the server again.',
        change: (reason) => ({ command: 'enableServer', name, reason }),
      };
    case 'McpServerEnabled':
      return {
        text: 'Disables the server again.',
        change: (reason) => ({ command: 'disableServer', name, reason }),
      };
    case 'McpServerUpdated': {
      const before = rows
        .slice(0, at)
        .findLast(({ type }) => type === 'McpServerRegistered' || type === 'McpServerUpdated');
      const settings = settingsSchema.safeParse(before?.data).data;
      const where = settings?.url ?? settings?.command;
      if (settings === undefined || where === undefined) return { refusal: 'The settings before can’t be read.' };
      const { transport, url = '', command, args = [], cwd = '', title = '', description = '' } = settings;
      const words = command === undefined ? [] : [command, ...args];
      return {
        text: `Gives the server its address and texts from before (${escape(where)}); its headers and variables stay as they are now. A server with any that moves needs them anew: edit it instead.`,
        change: (reason) => ({
          command: 'updateServer',
          name,
          draft: { transport, url, command: words, cwd, title, description, headers: {}, drop: [] },
          ifMatch,
          reason,
        }),
      };
    }
    case 'McpServerCatalogueChanged':
      return {
        refusal: 'The server changed what it offers; nothing here can take that back. To stop its use, disable it.',
      };
    case 'McpServerToolsApproved':
      return { refusal: 'An approval can’t be taken back. To stop the use of the server, disable it.' };
    case 'McpServerRegistered':
      return { refusal: 'A registration can’t be undone; remove the server instead.' };
    case undefined:
    default:
      return UNKNOWN;
  }
}
