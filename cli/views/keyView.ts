import { apiKeyDocument } from '../../src/administration/apiKeyDocument.ts';
import type { CredentialFault, CredentialFaults } from '../../src/administration/credentialFaults.ts';
import { formatDuration } from '../../src/events/duration.ts';
import { validUntilMs, type ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import type { CredentialNames, KeyOnScreen } from '../../src/projections/tables/keyLists.ts';
import { effectiveAccess, type RoleOfKey } from '../../src/projections/tables/keyRoles.ts';
import { shortId } from '../../src/shortId.ts';
import { unusableText } from './unusableText.ts';
import { escape } from '../../src/escape.ts';
import type { Subject } from './dryRun.ts';
import type { Cell } from '../output/table.ts';
import type { Field } from '../output/record.ts';
import type { Times } from '../output/times.ts';

/** Shows a key in JSON, with its revision. */
export function keyJson(row: ApiKeyRow): object {
  return { ...apiKeyDocument(row), revision: row.revision };
}

/** The names of keys, by their ids. */
export type KeyNames = ReadonlyMap<string, string>;

/** Where no names were looked up. */
export const NO_NAMES: KeyNames = new Map();

/** Names a key in a sentence. */
export function keyTitle({ name, id }: Pick<ApiKeyRow, 'name' | 'id'>): string {
  return `${escape(name)} (${shortId(id)})`;
}

/** Names a key of which only the id is at hand. */
export function keyTitleOf(id: string, names: KeyNames): string {
  const name = names.get(id);
  return name === undefined ? id : keyTitle({ name, id });
}

/** Names who did something: of `key:<id>` the key. */
export function actorTitle(actor: string, names: KeyNames): string {
  const id = keyOfActor(actor);
  return id === undefined ? escape(actor) : `key:${keyTitleOf(id, names)}`;
}

/** Finds the id of the key that did something over the API. */
export function keyOfActor(actor: string): string | undefined {
  return /^key:([0-9a-f-]{36})$/.exec(actor)?.[1];
}

/** Names a key as what a change would be made to. */
export function keySubject(key: Pick<ApiKeyRow, 'name' | 'id'>): Subject {
  return { what: `The key ${keyTitle(key)}`, members: { id: key.id, name: key.name } };
}

/** The status of a key now: an expired key is still active in the tables. */
export function keyStatus(row: Pick<ApiKeyRow, 'fault' | 'status' | 'expiresAt' | 'validUntil'>, now: number): Cell {
  if (row.fault !== null && row.status !== 'deleted') return { text: `unusable: ${row.fault}`, style: 'red' };
  if (row.status !== 'active' && row.status !== 'rotated') return { text: row.status, style: 'dim' };
  if (row.expiresAt !== null && row.expiresAt.getTime() <= now) return { text: 'expired', style: 'red' };
  if (row.status === 'active') {
    const endsSoon = row.expiresAt !== null && row.expiresAt.getTime() - now <= WARNED_MS;
    return endsSoon ? { text: 'active', style: 'yellow' } : { text: 'active' };
  }
  const ended = validUntilMs(row) <= now;
  return ended ? { text: 'rotated', style: 'dim' } : { text: 'rotating', style: 'yellow' };
}

/** Days before its expiry at which a key is shown as one that is about to expire. */
const WARNED_MS = 30 * 86_400_000;

/** Writes when a key expires, and how soon where that is soon. */
function expiryText(expiresAt: Date | null, now: number, times: Times | undefined): string {
  if (expiresAt === null) return 'never';
  if (times !== undefined) return times.long(expiresAt);
  const left = expiresAt.getTime() - now;
  if (left <= 0 || left > WARNED_MS) return formatTime(expiresAt);
  const days = Math.floor(left / 86_400_000);
  return `${formatTime(expiresAt)}, in ${days === 0 ? 'less than a day' : formatDuration(days * 86_400_000)}`;
}

/** The status with its meaning, where there is room. */
function keyStatusAtLength(row: KeyOnScreen, now: number): string {
  if (row.fault === null || row.status === 'deleted') return keyStatus(row, now).text;
  return unusableText(row.fault);
}

/**
 * Shows a key’s fields to people.
 * @param faults of what it has of its own for servers (Default: none is known)
 * @param names of the keys that it comes from and goes on in, and of who made it (Default: none is known)
 * @param times write them (Default: to the second, in UTC)
 */
export function keyFields(
  row: KeyOnScreen,
  now: number,
  faults: CredentialFaults = new Map(),
  names: KeyNames = NO_NAMES,
  times?: Times,
): Field[] {
  const written = (time: Date | null) => (time === null ? undefined : (times?.long(time) ?? formatTime(time)));
  return [
    ['Name', escape(row.name)],
    ['ID', row.id],
    ['Description', row.description === null ? undefined : escape(row.description)],
    ['Owner', row.owner === null ? undefined : escape(row.owner)],
    ['Tags', row.tags.length === 0 ? undefined : listed(row.tags)],
    ['Status', keyStatusAtLength(row, now)],
    ['Scopes', attributed(row, 'scopes')],
    ['Grants', attributed(row, 'grants')],
    ['Roles', row.roles.length === 0 ? undefined : rolesText(row.roles)],
    ['Limits', row.limits.length === 0 ? undefined : listed(row.limits)],
    ['Networks', row.networks.length === 0 ? undefined : listed(row.networks)],
    ['Credentials', credentialsText(row.credentials, faults)],
    ['Expires', row.status === 'active' ? expiryText(row.expiresAt, now, times) : (written(row.expiresAt) ?? 'never')],
    ['Rotated from', row.rotatedFrom === null ? undefined : keyTitleOf(row.rotatedFrom, names)],
    ['Successor', row.successorId === null ? undefined : keyTitleOf(row.successorId, names)],
    ['Works until', written(row.validUntil)],
    ['Created', `${written(row.createdAt) ?? ''} by ${actorTitle(row.createdBy, names)}`],
    ['Changed', written(row.updatedAt)],
  ];
}

interface AccessInAll {
  readonly scopes: readonly string[];
  readonly grants: readonly string[];
  readonly roles: readonly RoleOfKey[];
}

/** Writes what a key may do in all, and where each part comes from, unless it is its own. */
export function attributed(row: AccessInAll, what: 'scopes' | 'grants'): string {
  const parts = effectiveAccess(row)[what].map((part) => {
    if (row[what].includes(part)) return part;
    return `${part} (by ${row.roles
      .filter((role) => role[what].includes(part))
      .map(({ name }) => name)
      .join(', ')})`;
  });
  return listed(parts);
}

/** Names the roles of a key, and why one gives nothing. */
export function rolesText(roles: readonly Pick<RoleOfKey, 'name' | 'lost'>[]): string {
  return listed(roles.map(({ name, lost }) => (lost === undefined ? name : `${name} (gives nothing: ${lost})`)));
}

/** Names what a key has of its own for servers. */
function credentialsText(credentials: readonly CredentialNames[], faults: CredentialFaults): string | undefined {
  if (credentials.length === 0) return undefined;
  return credentials.map((each) => `${each.server}: ${credentialText(each, faults.get(each.server))}`).join('; ');
}

const CREDENTIAL_FAULTS: Readonly<Record<CredentialFault, string>> = {
  gone: 'that server is gone, so nobody gets it',
  outdated: 'the server has moved since, so the key can’t use it until each is given anew',
  unreadable: 'it can’t be read, so the key can’t use the server until each is given anew',
};

/** Names what a server gets for a key alone, and why it does not; the values are never shown. */
export function credentialText(
  { headers, env }: Pick<CredentialNames, 'headers' | 'env'>,
  fault: CredentialFault | undefined,
): string {
  const names = `${listed([...headers, ...env])} (values hidden)`;
  return fault === undefined ? names : `${names}, but ${CREDENTIAL_FAULTS[fault]}`;
}

/** Writes a time for people: UTC, to the second. */
export function formatTime(time: Date): string;
export function formatTime(time: Date | null): string | undefined;
export function formatTime(time: Date | null): string | undefined {
  return time === null ? undefined : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Writes scopes or grants for people. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : escape(names.join(', '));
}
