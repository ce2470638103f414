import { z } from 'zod';
import { scopeSchema } from '../events/apiKey.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import { heldRoleSchema, type HeldRole } from '../events/heldRole.ts';
import { serverSettingsSchema } from '../events/mcpServer.ts';
import type { CommandContext } from '../events/metadata.ts';
import { subjectOf, type Subject } from '../events/streamName.ts';
import { streamOfSubject } from '../events/subjectStream.ts';
import { escape } from '../escape.ts';
import { shortId } from '../shortId.ts';
import type { AuditEventRow } from '../projections/tables/auditEvents.ts';
import type { Administration } from './administration.ts';
import type { ChangeOptions } from './changeOptions.ts';
import type { CommandResult } from './enforcement.ts';

/** The change that takes back what an event did: by another event, since history is never rewritten. */
export interface Compensation {
  /** The id of the event that it takes back. */
  readonly event: string;
  /** As in: Activates the key again. */
  readonly text: string;
  /** Later events of the same part of the key, role or server, which it would take back, too; the oldest first. */
  readonly overwrites: readonly AuditEventRow[];
  /**
   * Does it, with the event as its cause, if the key, role or server is as its history was read.
   * @param reason (Default: names the event)
   * @param revision that it is to have, where another undo has just moved it (Default: that of the history)
   * @throws Conflict `revision-mismatch`; what the command throws
   */
  readonly run: (
    administration: Administration,
    context: CommandContext,
    reason: string | undefined,
    revision?: number,
  ) => Promise<CommandResult>;
}

/** Why nothing takes an event back, and what to do instead. */
interface NoCompensation {
  readonly refusal: string;
}

/** What takes an event back, wherever it stands in the history. */
interface Inverse {
  readonly text: string;
  readonly change: (
    administration: Administration,
    context: CommandContext,
    options: ChangeOptions,
  ) => Promise<CommandResult>;
  /** Tells whether an event of the same part has left things as this would. */
  readonly isSo: (event: AuditEventRow) => boolean;
}

const accessSchema = z.object({
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
const labelsSchema = z.object({ owner: z.string().optional(), tags: z.array(z.string()).default([]) });
const leakSchema = z.object({ leaked: z.literal(true) });
const settingsSchema = serverSettingsSchema.omit({ sealed: true });

/** Types of events that decide on the same part of a key, role or server: the last one of them counts. */
const PARTS: readonly (readonly string[])[] = [
  ['ApiKeyInactivated', 'ApiKeyActivated'],
  ['ApiKeyAccessChanged'],
  ['ApiKeyLabelled'],
  ['KeyRoleChanged'],
  ['McpServerDisabled', 'McpServerEnabled'],
  ['McpServerUpdated'],
];

const BEGINNINGS: ReadonlySet<string> = new Set(['ApiKeyCreated', 'KeyRoleCreated', 'McpServerRegistered']);

/** Finds what takes back the event at `at` of the history of a key, role or server, the oldest first, or why nothing does. */
export function compensationOf(rows: readonly AuditEventRow[], at: number): Compensation | NoCompensation {
  const event = rows[at];
  const subject = event && subjectOf(event.stream);
  if (event === undefined || subject === undefined) return { refusal: 'There is no event here.' };
  // The events of its catalogue and of its repairs count in streams of their own.
  const own = streamOfSubject(subject);
  const last = rows.findLast(({ stream }) => stream === own);
  if (last === undefined) return { refusal: 'There is no event here.' };
  if (last.type === 'KeyRoleDeleted')
    return { refusal: 'A deletion is final. Create the role anew, and give it to the keys that shall have it.' };
  if (/Deleted$/.test(last.type)) return { refusal: 'A deletion is final: the secret is destroyed.' };
  // Roles and servers: a name may come to another one, which has nothing to do with what was before.
  const began = rows.slice(at + 1).find(({ stream, type }) => stream === own && BEGINNINGS.has(type));
  if (began !== undefined) return { refusal: 'It was done to an earlier one of this name, which is deleted.' };
  const before = rows.slice(0, at);
  const inverse = inverseOf(event, before, subject);
  if ('refusal' in inverse) return inverse;
  const part = PARTS.find((types) => types.includes(event.type)) ?? [];
  const later = rows.slice(at + 1).filter(({ stream, type }) => stream === own && part.includes(type));
  const latest = later.at(-1);
  const { id, type } = event;
  return {
    event: id,
    text: inverse.text,
    overwrites: latest === undefined || inverse.isSo(latest) ? [] : later,
    run: (administration, context, reason = `undo of ${type} ${shortId(id)}`, revision = last.revision) =>
      inverse.change(administration, { ...context, causationId: id }, { ifMatch: revision, reason }),
  };
}

function inverseOf(event: AuditEventRow, before: readonly AuditEventRow[], subject: Subject): Inverse | NoCompensation {
  if ('role' in subject) return ofRole(event, before, subject.role);
  return 'key' in subject ? ofKey(event, before, subject.key) : ofServer(event, before, subject.server);
}

function ofRole(event: AuditEventRow, before: readonly AuditEventRow[], name: string): Inverse | NoCompensation {
  switch (event.type) {
    case 'KeyRoleChanged': {
      const former = before.findLast(({ type }) => type === 'KeyRoleCreated' || type === 'KeyRoleChanged');
      const role = roleSchema.safeParse(former?.data).data;
      if (role === undefined) return { refusal: 'What the role was before is not known.' };
      return {
        text: `Gives the role what it had before, for all keys that have it: scopes ${role.scopes.join(', ')}; grants ${escape(role.grants.join(', '))}.`,
        change: ({ roles }, context, options) => roles.change(name, () => role, context, options),
        isSo: ({ data }) => isSame(roleSchema, data, role),
      };
    }
    case 'KeyRoleCreated':
      return { refusal: 'A creation can’t be undone; delete the role instead: metamcp-cli roles delete.' };
    default:
      if (event.type === 'StreamRetired')
        return { refusal: 'A retirement is final; choose another name for the role.' };
      return ofAny(event, 'roles show');
  }
}

function rolesText({ roles = [] }: { readonly roles?: readonly HeldRole[] | undefined }): string {
  return roles.map((role) => role.name).join(', ');
}

function ofKey(event: AuditEventRow, before: readonly AuditEventRow[], id: string): Inverse | NoCompensation {
  const lastOf = (type: string) => before.findLast((each) => each.type === 'ApiKeyCreated' || each.type === type)?.data;
  switch (event.type) {
    case 'ApiKeyInactivated':
      if (leakSchema.safeParse(event.data).success) {
        return {
          refusal: 'The secret of the key was found in the open, so it stays inactive; give its user another key.',
        };
      }
      return {
        text: 'Activates the key again.',
        change: ({ keys }, context, { reason, ifMatch }) => keys.activate(id, reason, context, { ifMatch }),
        isSo: ({ type }) => type === 'ApiKeyActivated',
      };
    case 'ApiKeyActivated':
      return {
        text: 'Inactivates the key again.',
        change: ({ keys }, context, { reason, ifMatch }) => keys.inactivate(id, reason, context, { ifMatch }),
        isSo: ({ type }) => type === 'ApiKeyInactivated',
      };
    case 'ApiKeyAccessChanged': {
      const access = accessSchema.safeParse(lastOf(event.type)).data;
      if (access === undefined) return { refusal: 'What the key might do before is not known.' };
      const { scopes, grants, expiresAt } = access;
      const parts = { scopes: scopes.join(', '), grants: grants.join(', '), roles: rolesText(access) };
      const shown = Object.entries(parts).flatMap(([part, text]) => (text === '' ? [] : `${part} ${text}; `));
      const end = expiresAt === undefined ? 'never expires' : `expires ${expiresAt}`;
      return {
        text: `Gives the key what it had before: ${escape(shown.join(''))}${end}.`,
        change: ({ keys }, context, options) => keys.changeAccess(id, () => access, context, options),
        isSo: ({ data }) => isSame(accessSchema, data, access),
      };
    }
    case 'ApiKeyLabelled': {
      const labels = labelsSchema.safeParse(lastOf(event.type)).data;
      if (labels === undefined) return { refusal: 'The owner and the tags before are not known.' };
      const tags = labels.tags.length === 0 ? 'no tags' : `the tags ${labels.tags.join(', ')}`;
      const owner = labels.owner === undefined ? 'no owner' : `the owner ${labels.owner}`;
      return {
        text: escape(`Gives the key ${owner} and ${tags}, as before.`),
        change: ({ keys }, context, options) => keys.label(id, () => labels, context, options),
        isSo: ({ data }) => isSame(labelsSchema, data, labels),
      };
    }
    case 'ApiKeyRotated':
      return {
        refusal:
          'A rotation can’t be undone: its secret is with somebody. Inactivate the successor, or rotate it again.',
      };
    case 'ApiKeyCredentialSet':
    case 'ApiKeyCredentialRemoved':
      return { refusal: 'The values before are not shown to anybody; give them anew: metamcp-cli servers credential.' };
    case 'ApiKeyCreated':
      return { refusal: 'A creation can’t be undone; delete the key instead: metamcp-cli keys delete.' };
    default:
      return ofAny(event, 'keys activate');
  }
}

function ofServer(event: AuditEventRow, before: readonly AuditEventRow[], name: string): Inverse | NoCompensation {
  switch (event.type) {
    case 'McpServerDisabled':
      return {
        text: 'Enables the server again.',
        change: ({ servers }, context, { reason, ifMatch }) => servers.enable(name, reason, context, { ifMatch }),
        isSo: ({ type }) => type === 'McpServerEnabled',
      };
    case 'McpServerEnabled':
      return {
        text: 'Disables the server again.',
        change: ({ servers }, context, { reason, ifMatch }) => servers.disable(name, reason, context, { ifMatch }),
        isSo: ({ type }) => type === 'McpServerDisabled',
      };
    case 'McpServerUpdated': {
      const former = before.findLast(({ type }) => type === 'McpServerRegistered' || type === 'McpServerUpdated');
      const settings = settingsSchema.safeParse(former?.data).data;
      if (settings === undefined) return { refusal: 'The settings before can’t be read.' };
      const where = settings.url ?? settings.command ?? '';
      return {
        text: `Gives the server its settings from before (${escape(where)}); its headers and variables stay as they are now. A server with any that moves needs them anew: edit it instead.`,
        change: ({ servers }, context, options) =>
          servers.update(name, ({ secrets }) => ({ settings, secrets }), context, options),
        isSo: ({ data }) => isSame(settingsSchema, data, settings),
      };
    }
    case 'McpServerCatalogueChanged':
      return {
        refusal: 'The server changed what it offers; nothing here can take that back. To stop its use, disable it.',
      };
    case 'McpServerToolsApproved':
      return { refusal: 'An approval can’t be taken back. To stop the use of the server, disable it.' };
    case 'McpServerRegistered':
      return { refusal: 'A registration can’t be undone; remove the server instead: metamcp-cli servers remove.' };
    default:
      return ofAny(event, 'servers enable');
  }
}

function ofAny({ type }: AuditEventRow, remedy: string): NoCompensation {
  switch (type) {
    case 'StreamRetired':
      return {
        refusal: `It is retired since its history could not be read; once that is whole: metamcp-cli ${remedy}.`,
      };
    case 'EventSkipped':
    case 'LossAccepted':
    case 'StreamReinstated':
      return { refusal: 'A repair is an operator’s decision on what can’t be read, and stays.' };
    default:
      return { refusal: 'This version does not know how to take that back.' };
  }
}

function isSame(schema: z.ZodType<object>, data: unknown, wanted: object): boolean {
  const found = schema.safeParse(data).data;
  return found !== undefined && canonicalJson(found) === canonicalJson(wanted);
}
