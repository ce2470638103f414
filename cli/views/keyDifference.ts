import type { DryRun } from '../../src/administration/dryRun.ts';
import { escape } from '../../src/escape.ts';
import type { ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import { shownOf } from './auditView.ts';
import { formatTime, listed } from './keyView.ts';

/** What a change would make of one part of a key: of a list what comes and goes, of all else the values. */
export type KeyDifference =
  | { readonly what: string; readonly added: readonly string[]; readonly removed: readonly string[] }
  | { readonly what: string; readonly from: string; readonly to: string };

/** Finds what events of a dry run would change of a key. */
export function keyDifferences(key: ApiKeyRow, events: DryRun['events']): KeyDifference[] {
  return events.flatMap((event) => differencesOf(key, event)).filter(differs);
}

function differencesOf(key: ApiKeyRow, event: DryRun['events'][number]): KeyDifference[] {
  const data = shownOf(event);
  const status = (to: string): KeyDifference[] => [{ what: 'status', from: key.status, to }];
  switch (event.type) {
    case 'ApiKeyInactivated':
      return status('inactive');
    case 'ApiKeyActivated':
    case 'StreamReinstated':
      return status('active');
    case 'ApiKeyDeleted':
      return status('deleted');
    case 'StreamRetired':
      return status('retired');
    case 'ApiKeyRotated':
      return [
        { what: 'status', from: key.status, to: 'rotated' },
        { what: 'works until', from: key.expiresAt?.toISOString() ?? 'never expires', to: data.validUntil ?? '' },
      ];
    case 'ApiKeyAccessChanged':
      return [
        list('scopes', key.scopes, data.scopes),
        list('grants', key.grants, data.grants),
        list('roles', namesOf(key.roles), namesOf(data.roles)),
        list('limits', key.limits, data.limits),
        list('networks', key.networks, data.networks),
        { what: 'expires', from: key.expiresAt?.toISOString() ?? 'never', to: data.expiresAt ?? 'never' },
      ];
    case 'ApiKeyLabelled':
      return [
        { what: 'owner', from: key.owner ?? 'none', to: data.owner ?? 'none' },
        list('tags', key.tags, data.tags),
      ];
    default:
      return [];
  }
}

function namesOf(roles: readonly { readonly name: string }[] = []): string[] {
  return roles.map(({ name }) => name);
}

function list(what: string, before: readonly string[], after: readonly string[] = []): KeyDifference {
  const added = after.filter((each) => !before.includes(each));
  return { what, added, removed: before.filter((each) => !after.includes(each)) };
}

function differs(difference: KeyDifference): boolean {
  if ('from' in difference) return difference.from !== difference.to;
  return difference.added.length > 0 || difference.removed.length > 0;
}

/** Writes differences for people, on one line: grants +jira -github. */
export function formatDifferences(differences: readonly KeyDifference[]): string {
  return differences.map((each) => `${each.what} ${textOf(each)}`).join('; ');
}

function textOf(difference: KeyDifference): string {
  if ('from' in difference) return `${valueOf(difference.from)} → ${valueOf(difference.to)}`;
  const { added, removed } = difference;
  return listed([...added.map((each) => `+${each}`), ...removed.map((each) => `-${each}`)]).replaceAll(', ', ' ');
}

function valueOf(text: string): string {
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text) ? formatTime(new Date(text)) : escape(text);
}
