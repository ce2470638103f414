import { PICK_GRANTS } from './pickGrants.ts';
import { scopeSchema, type Scope } from '../../../../src/events/apiKey.ts';
import type { HeldRole } from '../../../../src/events/heldRole.ts';
import { durationMs } from '../../../../src/events/duration.ts';
import { isStorableTime, timeAt } from '../../../../src/events/time.ts';
import { DEFAULT_GRANTS, DEFAULT_SCOPES, type Access } from '../../../../src/commands/apiKey.ts';
import { AppError } from '../../../../src/errors/appError.ts';
import { parseGrants, parseScopes } from '../../../input/access.ts';
import { parseKeyLimits, parseNetworks } from '../../../input/limits.ts';
import { choicesOf, type Complaints, type Field, type Values } from '../../screens/form/form.ts';

/** What each scope allows (docs/reference.md, Keys). */
const SCOPE_MEANINGS: Readonly<Record<Scope, string>> = {
  mcp: 'use servers: the MCP endpoints, and tools over REST',
  'servers:read': 'see the servers that it is granted, over REST',
  'servers:write': 'add, change and remove servers over REST, within its grants',
  'servers:exec': 'register servers that are programs, over REST',
  'keys:read': 'see all keys and their history over REST, never a secret',
  'audit:read': 'read the audit trail over REST',
  'usage:read': 'see everyone’s usage over REST',
  'events:read': 'follow everyone’s live feed',
};

/** The fields of what a key may do. */
export const ACCESS_FIELDS: readonly Field[] = [
  {
    name: 'scopes',
    label: 'Scopes',
    kind: 'choices',
    options: scopeSchema.options,
    meanings: SCOPE_MEANINGS,
    hint: '←→ choose, Space on or off',
  },
  {
    name: 'grants',
    label: 'Grants',
    kind: 'text',
    pick: PICK_GRANTS,
    hint: '*, github, github:search_*; several with commas. Ctrl-G: choose from what there is',
  },
  { name: 'expires', label: 'Expires', kind: 'text', hint: 'never, 90d, 24h, or 2027-01-31' },
  { name: 'limits', label: 'Limits', kind: 'text', hint: 'requests=100/s, calls=10, bytes=10MiB/m; empty: none' },
  { name: 'networks', label: 'Networks', kind: 'text', hint: '10.0.0.0/8, 2001:db8::/32; empty: any' },
];

/** What the form of a new key starts with. */
export const DEFAULT_ACCESS: Values = {
  scopes: DEFAULT_SCOPES.join(','),
  grants: DEFAULT_GRANTS.join(', '),
  limits: '',
  networks: '',
  expires: 'never',
};

/** Writes access into the fields. */
export function accessValues({ scopes, grants, limits, networks, expiresAt }: AccessOnScreen): Values {
  return {
    scopes: scopes.join(','),
    grants: grants.join(', '),
    limits: limits.join(', '),
    networks: networks.join(', '),
    expires: expiresAt === null ? 'never' : expiresAt.toISOString(),
  };
}

interface AccessOnScreen {
  readonly scopes: readonly string[];
  readonly grants: readonly string[];
  readonly limits: readonly string[];
  readonly networks: readonly string[];
  readonly expiresAt: Date | null;
}

/** Checks the access. @param roles that the key keeps: with any, it needs nothing of its own */
export function checkAccess(values: Values, nowMs: number, roles: readonly HeldRole[] = []): Complaints {
  return {
    scopes: complaint(() => scopesOf(values, roles)),
    grants: complaint(() => grantsOf(values, roles)),
    limits: complaint(() => parseKeyLimits(partsOf(values['limits']))),
    networks: complaint(() => parseNetworks(partsOf(values['networks']))),
    expires:
      parseExpiry(values['expires'] ?? '', nowMs) === undefined ? 'Write never, 90d, 24h or a day to come.' : undefined,
  };
}

/** Reads the access of answers without complaints. @param roles that the key keeps: the form does not ask for them */
export function accessOf(values: Values, nowMs: number, roles: readonly HeldRole[] = []): Access {
  const expiry = parseExpiry(values['expires'] ?? '', nowMs);
  return {
    scopes: scopesOf(values, roles),
    grants: grantsOf(values, roles),
    roles,
    expiresAt: expiry === 'never' ? undefined : expiry,
    limits: parseKeyLimits(partsOf(values['limits'])),
    networks: parseNetworks(partsOf(values['networks'])),
  };
}

function scopesOf(values: Values, roles: readonly HeldRole[]): Scope[] {
  const scopes = choicesOf(values['scopes'] ?? '');
  return scopes.length === 0 && roles.length > 0 ? [] : (parseScopes(scopes) ?? []);
}

function grantsOf(values: Values, roles: readonly HeldRole[]): string[] {
  const grants = partsOf(values['grants']);
  return grants.length === 0 && roles.length > 0 ? [] : (parseGrants(grants) ?? []);
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

function partsOf(text = ''): string[] {
  return text
    .split(/[\s,]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function complaint(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}
