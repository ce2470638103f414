import { effectiveAccess } from '../../../../src/projections/tables/keyRoles.ts';
import { escape } from '../../../../src/escape.ts';
import type { Field } from '../../../output/record.ts';
import type { Cell, Column } from '../../../output/table.ts';
import { keyFields, keyStatus, listed } from '../../../views/keyView.ts';
import { ROLE_COLUMNS, roleCells, roleFields } from '../../../views/roleView.ts';
import { serverAddress, serverFields } from '../../../views/serverView.ts';
import { withoutBold } from '../../frame/lists/rows.ts';
import type { Past, PastList } from './past.ts';

/** How one of the lists is shown. */
interface ListView {
  readonly title: string;
  /** As in: the key. */
  readonly one: string;
  readonly columns: readonly Column[];
  readonly cells: (past: Past, top: number, end: number) => readonly (readonly Cell[])[];
  /** Of the row under the cursor. */
  readonly fields: (past: Past) => readonly Field[];
  /** What one refers to the row under the cursor by; undefined: there is none. */
  readonly subject: (past: Past) => string | undefined;
  /** What narrows `audit at` to the row under the cursor. */
  readonly option: (past: Past) => readonly string[];
}

export const PAST_LISTS: Readonly<Record<PastList, ListView>> = {
  keys: {
    title: 'Keys',
    one: 'The key',
    columns: [
      { title: 'NAME', min: 24 },
      { title: 'STATUS' },
      { title: 'EXPIRES', drop: 1 },
      { title: 'GRANTS', min: 8, drop: 2 },
      { title: 'SCOPES', min: 12, drop: 3 },
    ],
    cells: ({ keys, atMs }, top, end) =>
      keys.slice(top, end).map((row) => {
        // With what its roles gave it then.
        const { scopes, grants } = effectiveAccess(row);
        return [
          { text: escape(row.name) },
          keyStatus(row, atMs),
          { text: row.expiresAt === null ? 'never' : row.expiresAt.toISOString().slice(0, 10) },
          { text: listed(grants) },
          { text: listed(scopes) },
        ];
      }),
    fields({ keys, cursor, atMs }) {
      const key = keys[cursor.at];
      return key === undefined ? [] : keyFields(key, atMs);
    },
    subject: ({ keys, cursor }) => keys[cursor.at]?.id,
    option: ({ keys, cursor }) => ['--key', keys[cursor.at]?.id ?? ''],
  },
  servers: {
    title: 'Servers',
    one: 'The server',
    columns: [
      { title: 'NAME', min: 16 },
      { title: 'STATUS' },
      { title: 'TRANSPORT', drop: 2 },
      { title: 'ADDRESS', min: 16, drop: 1 },
    ],
    cells: ({ servers }, top, end) =>
      servers
        .slice(top, end)
        .map((row) => [
          { text: escape(row.name) },
          { text: row.status },
          { text: row.transport },
          { text: serverAddress(row) },
        ]),
    fields({ servers, cursor }) {
      const server = servers[cursor.at];
      return server === undefined ? [] : serverFields({ ...server, sealed: null }, { headers: [], env: [] });
    },
    subject: ({ servers, cursor }) => servers[cursor.at]?.id,
    option: ({ servers, cursor }) => ['--server', servers[cursor.at]?.name ?? ''],
  },
  roles: {
    title: 'Roles',
    one: 'The role',
    columns: ROLE_COLUMNS,
    cells: ({ roles }, top, end) => roles.slice(top, end).map((row) => withoutBold(roleCells(row))),
    fields({ roles, cursor }) {
      const role = roles[cursor.at];
      return role === undefined ? [] : [...roleFields(role), ['Keys', role.keys.toLocaleString('en')]];
    },
    subject: ({ roles, cursor }) => roles[cursor.at]?.name,
    // The command shows all roles.
    option: () => [],
  },
};
