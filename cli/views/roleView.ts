import { present } from '../../src/administration/present.ts';
import { keyRoleDocument } from '../../src/administration/keyRoleDocument.ts';
import type { RoleThen } from '../../src/audit/rolesThen.ts';
import type { CountedRole } from '../../src/projections/tables/keyRoles.ts';
import { escape } from '../../src/escape.ts';
import type { Field } from '../output/record.ts';
import type { Cell, Column } from '../output/table.ts';
import type { Subject } from './dryRun.ts';
import { actorTitle, formatTime, listed, type KeyNames } from './keyView.ts';
import { unusableText } from './unusableText.ts';

/** Shows a role in JSON, with its revision. */
export function roleJson(row: CountedRole): object {
  return { ...keyRoleDocument(row), revision: row.revision };
}

/** Names a role as what a change would be made to. */
export function roleSubject(name: string): Subject {
  return { what: `The role ${escape(name)}`, members: { name } };
}

/** Writes how many keys there are. */
export function keyCount(keys: number): string {
  return keys === 1 ? '1 key' : `${keys.toLocaleString('en')} keys`;
}

export const ROLE_COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'KEYS', align: 'right' },
  { title: 'GRANTS', min: 12 },
  { title: 'SCOPES', min: 12, drop: 1 },
  { title: 'DESCRIPTION', min: 8, drop: 2 },
];

/** Lays out a role: as it is, or was. */
export function roleCells(row: (RoleThen | CountedRole) & { readonly keys: number }): Cell[] {
  return [
    { text: row.name, style: 'bold' },
    { text: row.keys.toLocaleString('en') },
    row.fault === null ? { text: listed(row.grants) } : { text: `unusable: ${row.fault}`, style: 'red' },
    { text: listed(row.scopes) },
    { text: escape(row.description ?? '') },
  ];
}

export const ROLE_THEN_COLUMNS: readonly Column[] = [
  { title: 'ROLE', min: 10 },
  { title: 'GRANTS', min: 12 },
  { title: 'SCOPES', min: 12, drop: 1 },
];

/** Lays out a role as it was. */
export function roleThenCells({ name, scopes, grants }: RoleThen): Cell[] {
  return [{ text: name, style: 'bold' }, { text: listed(grants) }, { text: listed(scopes) }];
}

/** Shows a role in JSON as it was. */
export function roleThenJson({ name, description, fault, scopes, grants, revision }: RoleThen): object {
  return { name, ...present({ description, fault }), scopes, grants, revision };
}

/** Shows a role's fields to people: as it is, or was. */
export function roleFields(role: RoleThen | CountedRole): Field[] {
  const { name, description, scopes, grants, fault } = role;
  return [
    ['Name', name],
    ['Description', description == null || description === '' ? undefined : escape(description)],
    ['Status', fault === null ? undefined : unusableText(fault)],
    ['Scopes', listed(scopes)],
    ['Grants', listed(grants)],
  ];
}

/** Shows since when a role is there. @param names of the keys that made it */
export function roleTimes(row: CountedRole, names: KeyNames): Field[] {
  return [
    ['Created', `${formatTime(row.createdAt)} by ${actorTitle(row.createdBy, names)}`],
    ['Changed', formatTime(row.updatedAt)],
  ];
}
