import { scopeSchema, type Scope } from '../../../../src/events/apiKey.ts';
import type { HeldRole } from '../../../../src/events/heldRole.ts';
import { NO_ROLE } from '../../../../src/events/roleName.ts';
import { durationMs } from '../../../../src/events/duration.ts';
import { isStorableTime, timeAt } from '../../../../src/events/storableTime.ts';
import { DEFAULT_GRANTS, DEFAULT_SCOPES, type Access } from '../../../../src/commands/apiKey.ts';
import { AppError } from '../../../../src/errors/appError.ts';
import { parseGrants, parseRoles, parseScopes } from '../../../input/access.ts';
import { parseKeyLimits, parseNetworks } from '../../../input/limits.ts';
import { choicesOf, type Complaints, type Field, type Values } from '../form/form.ts';
import { namesIn } from './namesIn.ts';
import { PICK_GRANTS } from './pickGrants.ts';
import { PICK_ROLES } from './pickRoles.ts';

/** What each scope allows (docs/reference.md, Keys). */
const SCOPE_MEANINGS: Readonly<Record<Scope, string>> = {
  mcp: 'use servers, over MCP and over REST',
  'servers:read': 'see the servers that it is granted, over REST',
  'servers:write': 'add, change, remove servers within its grants',
  'servers:exec': 'register servers that are programs, over REST',
  'keys:read': 'see all keys and their history, but no secret',
  'audit:read': 'read the audit trail over REST',
  'usage:read': 'see everyone’s usage over REST',
  'events:read': 'follow everyone’s live feed',
};

/** The scopes of a key or a role. */
export const SCOPES: Field = {
  name: 'scopes',
  label: 'Scopes',
  kind: 'choices',
  options: scopeSchema.options,
  meanings: SCOPE_MEANINGS,
  hint: '←→ choose, Space on or off',
};

/** The grants of a key or a role. */
export const GRANTS: Field = {
  name: 'grants',
  label: 'Grants',
  kind: 'text',
  pick: PICK_GRANTS,
  hint: '*, github, github:search_*; several with commas. Ctrl-G: choose from what there is',
};

/** The fields of what a key may do. */
export const ACCESS_FIELDS: readonly Field[] = [
  SCOPES,
  GRANTS,
  {
    name: 'roles',
    label: 'Roles',
    kind: 'text',
    pick: PICK_ROLES,
    hint: 'what they give comes on top; empty: none. Ctrl-G: choose from what there is',
  },
  { name: 'expires', label: 'Expires', kind: 'text', hint: 'never, 90d, 24h, or 2027-01-31' },
  { name: 'limits', label: 'Limits', kind: 'text', hint: 'requests=100/s, calls=10, bytes=10MiB/m; empty: none' },
  { name: 'networks', label: 'Networks', kind: 'text', hint: '10.0.0.0/8, 2001:db8::/32; empty: any' },
];

/** What the form of a new key starts with. */
export const DEFAULT_ACCESS: Values = {
  scopes: DEFAULT_SCOPES.join(','),
  grants: DEFAULT_GRANTS.join(', '),
  roles: '',
  limits: '',
  networks: '',
  expires: 'never',
};

/** Takes away what a new key would have by default once it gets a role, since that would be more than the role gives; and brings it back. */
export function withoutDefaults(values: Values, before: Values): Values {
  const [hasRole, hadRole] = [hasRoles(values), hasRoles(before)];
  if (hasRole === hadRole) return values;
  const nothing: Values = {};
  const [from, to] = hasRole ? [DEFAULT_ACCESS, nothing] : [nothing, DEFAULT_ACCESS];
  const changed = (['scopes', 'grants'] as const).filter((name) => (values[name] ?? '') === (from[name] ?? ''));
  return { ...values, ...Object.fromEntries(changed.map((name) => [name, to[name] ?? ''])) };
}

/** Access as a form has it: roles by their names, which are looked up when it is given. */
export interface TypedAccess extends Omit<Access, 'roles'> {
  readonly roles: readonly string[];
}

/** Writes access into the fields. */
export function accessValues({ scopes, grants, roles, limits, networks, expiresAt }: AccessOnScreen): Values {
  return {
    scopes: scopes.join(','),
    grants: grants.join(', '),
    roles: roles.map(({ name }) => name).join(', '),
    limits: limits.join(', '),
    networks: networks.join(', '),
    expires: expiresAt === null ? 'never' : expiresAt.toISOString(),
  };
}

interface AccessOnScreen {
  readonly scopes: readonly string[];
  readonly grants: readonly string[];
  readonly roles: readonly Pick<HeldRole, 'name'>[];
  readonly limits: readonly string[];
  readonly networks: readonly string[];
  readonly expiresAt: Date | null;
}

/** Checks the access. */
export function checkAccess(values: Values, nowMs: number): Complaints {
  return {
    scopes: complaint(() => scopesOf(values)),
    grants: complaint(() => grantsOf(values)),
    roles: complaint(() => rolesOf(values)),
    limits: complaint(() => parseKeyLimits(namesIn(values['limits']))),
    networks: complaint(() => parseNetworks(namesIn(values['networks']))),
    expires:
      parseExpiry(values['expires'] ?? '', nowMs) === undefined ? 'Write never, 90d, 24h or a day to come.' : undefined,
  };
}

/** Reads the access of answers without complaints. */
export function accessOf(values: Values, nowMs: number): TypedAccess {
  const expiry = parseExpiry(values['expires'] ?? '', nowMs);
  return {
    scopes: scopesOf(values),
    grants: grantsOf(values),
    roles: rolesOf(values),
    expiresAt: expiry === 'never' ? undefined : expiry,
    limits: parseKeyLimits(namesIn(values['limits'])),
    networks: parseNetworks(namesIn(values['networks'])),
  };
}

/** Reads scopes. With a role, none of its own are enough. @throws Invalid `scope-invalid` */
export function scopesOf(values: Values): Scope[] {
  const scopes = choicesOf(values['scopes'] ?? '');
  return scopes.length === 0 && hasRoles(values) ? [] : (parseScopes(scopes) ?? []);
}

/** Reads grants. With a role, none of its own are enough. @throws Invalid `grant-invalid` */
export function grantsOf(values: Values): string[] {
  const grants = namesIn(values['grants']);
  return grants.length === 0 && hasRoles(values) ? [] : (parseGrants(grants) ?? []);
}

function rolesOf(values: Values): string[] {
  return parseRoles(namesIn(values['roles'])) ?? [];
}

function hasRoles(values: Values): boolean {
  return namesIn(values['roles']).some((name) => name !== NO_ROLE);
}

/** Reads when something ends. @returns undefined for what is no time to come */
function parseExpiry(text: string, nowMs: number): string | undefined {
  const trimmed = text.trim();
  if (trimmed === 'never' || trimmed === '') return 'never';
  const ms = durationMs(trimmed);
  if (ms !== undefined) return ms === 0 || !isStorableTime(nowMs + ms) ? undefined : timeAt(nowMs + ms);
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(trimmed)) return undefined;
  const date = new Date(trimmed);
  return !isStorableTime(date.getTime()) || date.getTime() <= nowMs ? undefined : date.toISOString();
}

/** Says why something can’t be read. */
export function complaint(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}
