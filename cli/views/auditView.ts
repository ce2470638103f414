import type { TrailRow } from '../../src/audit/formerSettings.ts';
import type { UnreadableEntry } from '../../src/audit/trailEntry.ts';
import type { AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { subjectOf } from '../../src/events/streamName.ts';
import { listIn, objectIn, optionalIn, readable, textIn, textsIn } from '../../src/storedJson.ts';
import { escape } from '../../src/escape.ts';
import { actorTitle, formatTime, keyTitleOf, listed, NO_NAMES, type KeyNames } from './keyView.ts';
import { audienceOfChange, catalogueChangesOf } from './catalogueChange.ts';
import { audienceLabel } from './catalogueView.ts';
import type { Change } from './change.ts';
import { credentialChangesOf } from './credentialChange.ts';
import { serverAddress } from './serverView.ts';
import { settingsChangesOf } from './settingsChange.ts';
import type { Cell, Column } from '../output/table.ts';

/** Reads the parts of an event’s data that people look for; each event has some of them. */
export function shownOf({ data }: Pick<AuditEventRow, 'data'>): Shown {
  return readable(() => shownIn(objectIn(data))) ?? {};
}

type Shown = Partial<ReturnType<typeof shownIn>>;

function shownIn(data: Readonly<Record<string, unknown>>) {
  return {
    ...optionalIn(data, 'name', textIn),
    ...optionalIn(data, 'owner', textIn),
    ...optionalIn(data, 'tags', textsIn),
    leaked: data['leaked'] === true,
    ...optionalIn(data, 'scopes', textsIn),
    ...optionalIn(data, 'grants', textsIn),
    // Of a key.
    ...optionalIn(data, 'roles', (roles) => listIn(roles).map((role) => ({ name: textIn(objectIn(role)['name']) }))),
    // Of a role.
    ...optionalIn(data, 'description', textIn),
    // Of a key; those of a server are settings.
    ...(Array.isArray(data['limits']) && { limits: textsIn(data['limits']) }),
    ...optionalIn(data, 'networks', textsIn),
    ...optionalIn(data, 'expiresAt', textIn),
    ...optionalIn(data, 'rotatedFrom', textIn),
    ...optionalIn(data, 'successorId', textIn),
    ...optionalIn(data, 'validUntil', textIn),
    ...optionalIn(data, 'url', textIn),
    ...optionalIn(data, 'command', textIn),
    ...optionalIn(data, 'args', textsIn),
    ...optionalIn(data, 'reason', textIn),
  };
}

/** Finds what each event of the history of a key, role or server changed, in their order. */
export function changesOf(history: readonly AuditEventRow[]): Change[][] {
  const others = [catalogueChangesOf(history), credentialChangesOf(history), settingsChangesOf(history)];
  let before: Shown | undefined;
  let labels: Shown = {};
  return history.map((row, at) => {
    const data = shownOf(row);
    // Another one of the name has nothing of the one before.
    if (row.type === 'KeyRoleCreated') before = undefined;
    const changes = [
      ...(row.type.startsWith('KeyRole') ? roleChanges(before, data) : accessChanges(before, data)),
      ...labelChanges(row.type, labels, data),
      ...(data.leaked === true ? [{ what: 'secret', to: 'leaked' }] : []),
      ...rotationChanges(data),
      ...others.flatMap((each) => each[at] ?? []),
    ];
    if (data.scopes !== undefined) before = data;
    if (LABELLING.has(row.type)) labels = data;
    return changes;
  });
}

function accessChanges(before: Shown | undefined, after: Shown): Change[] {
  if (after.scopes === undefined) return [];
  const pairs: Change[] = [
    { what: 'scopes', from: textOf(before?.scopes), to: textOf(after.scopes) ?? '' },
    { what: 'grants', from: textOf(before?.grants), to: textOf(after.grants) ?? '' },
    { what: 'roles', from: textOf(roleNames(before)), to: textOf(roleNames(after)) ?? '' },
    { what: 'limits', from: textOf(before?.limits ?? []), to: textOf(after.limits ?? []) ?? '' },
    { what: 'networks', from: textOf(before?.networks ?? []), to: textOf(after.networks ?? []) ?? '' },
    { what: 'expires', from: before && (before.expiresAt ?? 'never'), to: after.expiresAt ?? 'never' },
  ];
  // A new key had nothing before.
  return pairs
    .filter(({ from, to }) => from !== to)
    .map(({ from, ...pair }) => (before === undefined ? pair : { ...pair, from }));
}

/** A role has no limits, networks or expiry of its own. */
function roleChanges(before: Shown | undefined, after: Shown): Change[] {
  if (after.scopes === undefined) return [];
  const pairs: Change[] = [
    { what: 'description', from: before?.description ?? '', to: after.description ?? '' },
    { what: 'scopes', from: textOf(before?.scopes), to: textOf(after.scopes) ?? '' },
    { what: 'grants', from: textOf(before?.grants), to: textOf(after.grants) ?? '' },
  ];
  return pairs
    .filter(({ from, to }) => from !== to)
    .map(({ from, ...pair }) => (from === undefined || from === '' ? pair : { ...pair, from }));
}

function roleNames({ roles = [] }: Shown = {}): string[] {
  return roles.map(({ name }) => name);
}

/** Events that have all labels of a key. */
const LABELLING: ReadonlySet<string> = new Set(['ApiKeyCreated', 'ApiKeyLabelled']);

function labelChanges(type: string, before: Shown, after: Shown): Change[] {
  if (!LABELLING.has(type)) return [];
  const pairs = [
    { what: 'owner', from: before.owner ?? 'none', to: after.owner ?? 'none' },
    { what: 'tags', from: textOf(before.tags ?? []) ?? '', to: textOf(after.tags ?? []) ?? '' },
  ];
  return pairs
    .filter(({ from, to }) => from !== to)
    .map(({ from, ...pair }) => (from === 'none' ? pair : { ...pair, from }));
}

function rotationChanges({ rotatedFrom, successorId, validUntil }: Shown): Change[] {
  return [
    ['rotated from', rotatedFrom] as const,
    ['successor', successorId] as const,
    ['works until', validUntil] as const,
  ].flatMap(([what, to]) => (to === undefined ? [] : [{ what, to }]));
}

function textOf(list: readonly string[] | undefined): string | undefined {
  return list && (list.length === 0 ? 'none' : list.join(', '));
}

/** Writes changes for people, on one line. @param names of other keys in them (Default: none is known) */
export function formatChanges(changes: readonly Change[], names: KeyNames = NO_NAMES): string {
  return changes.map((change) => `${escape(change.what)} ${formatValues(change, names)}`).join('; ');
}

/** Writes for people what a change was from, and what to. */
export function formatValues({ from, to }: Change, names: KeyNames = NO_NAMES): string {
  return `${from === undefined ? '' : `${valueOf(from, names)} → `}${valueOf(to, names)}`;
}

/** Keys and times as everywhere else; other text is of unknown origin, and escaped. */
function valueOf(text: string, names: KeyNames): string {
  if (names.has(text)) return keyTitleOf(text, names);
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text) ? formatTime(new Date(text)) : escape(text);
}

export const HISTORY_COLUMNS: readonly Column[] = [
  { title: 'WHEN', min: 19, ellipsis: '' },
  { title: 'WHAT' },
  { title: 'BY', min: 8, drop: 1 },
  { title: 'WHY', min: 8, drop: 3 },
  { title: 'CHANGE', min: 16, drop: 2 },
];

/** Lays out one event of a key's history. */
export function historyCells(row: AuditEventRow, changes: readonly Change[], names: KeyNames): Cell[] {
  return [
    { text: formatTime(row.at) },
    { text: row.type.replace(/^(ApiKey|KeyRole|Stream)/, '') },
    { text: actorTitle(row.actor, names) },
    { text: escape(shownOf(row).reason ?? '') },
    { text: formatChanges(changes, names) },
  ];
}

export const TRAIL_COLUMNS: readonly Column[] = [
  // Together they fit 40 columns.
  { title: 'WHEN', min: 16, ellipsis: '' },
  { title: 'WHAT', min: 12 },
  { title: 'SUBJECT', min: 8 },
  { title: 'BY', min: 16, drop: 1 },
  { title: 'DETAIL', min: 16, drop: 2 },
];

/** Lays out one event of the audit trail. @param names of the keys in it (Default: none is known) */
export function trailCells(row: TrailRow, names: KeyNames = NO_NAMES): Cell[] {
  return [
    { text: formatTime(row.at) },
    { text: escape(row.type) },
    { text: trailSubject(row, names), style: 'bold' },
    { text: actorTitle(row.actor, names) },
    { text: detail(row, names) },
  ];
}

/** Lays out an event of the audit trail that can't be read. */
export function unreadableCells({ stream, revision, type, reason }: UnreadableEntry, names: KeyNames): Cell[] {
  return [
    { text: '–' },
    { text: escape(type) },
    { text: trailSubject({ stream }, names), style: 'bold' },
    { text: '–' },
    { text: escape(`revision ${revision} can’t be read: ${reason}`), style: 'red' },
  ];
}

/** Names the key or server that an event is about. */
export function trailSubject({ stream }: Pick<TrailRow, 'stream'>, names: KeyNames): string {
  const subject = subjectOf(stream);
  if (subject === undefined) return escape(stream);
  if ('role' in subject) return escape(subject.role);
  return 'key' in subject ? keyTitleOf(subject.key, names) : escape(subject.server);
}

function detail(row: TrailRow, names: KeyNames): string {
  const data = shownOf(row);
  const what = contentOf(row, data, names);
  if (data.reason === undefined) return what;
  const reason = escape(data.reason);
  return what === '' ? reason : `${what}; because: ${reason}`;
}

/** What one event says besides its reason. */
function contentOf(row: TrailRow, data: Shown, names: KeyNames): string {
  if (data.scopes !== undefined) {
    const name = data.name === undefined ? '' : `name ${escape(data.name)}; `;
    const labels = formatChanges(labelChanges(row.type, {}, data));
    const roles = data.roles === undefined ? '' : `; roles ${listed(roleNames(data))}`;
    return `${name}scopes ${listed(data.scopes)}; grants ${listed(data.grants ?? [])}${roles}${labels === '' ? '' : `; ${labels}`}`;
  }
  if (row.before !== undefined) return formatChanges(settingsChangesOf([row.before, row])[1] ?? []);
  if (data.url !== undefined || data.command !== undefined) {
    return serverAddress({ url: data.url ?? null, command: data.command ?? null, args: data.args ?? null });
  }
  if (row.type === 'ApiKeyLabelled') return `owner ${escape(data.owner ?? 'none')}; tags ${listed(data.tags ?? [])}`;
  if (data.leaked === true) return 'its secret was found in the open';
  const offered = catalogueChangesOf([row])[0] ?? [];
  const changes = formatChanges(
    [...rotationChanges(data), ...(credentialChangesOf([row])[0] ?? []), ...offered],
    names,
  );
  // What a server offers depends on the client, so the same change comes once for each kind of them.
  const audience = audienceOfChange(row);
  return audience === undefined ? changes : `${audienceLabel(audience)}: ${changes === '' ? 'seen' : changes}`;
}
