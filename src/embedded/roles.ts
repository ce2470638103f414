/**
 * The roles of the embedded Postgres. `metamcp` is the superuser that initdb makes: only the launcher needs it.
 * `metamcp_owner` owns the database and everything in it; the gateway uses it. `metamcp_cli` acts as the owner and may
 * take the connections that are kept for administrators.
 */
export const ROLES = ['metamcp', 'metamcp_owner', 'metamcp_cli'] as const;

export type Role = (typeof ROLES)[number];

/** Builds the statements that make the roles what they should be, whatever they are; each is one line. */
export function roleStatements(passwords: Readonly<Record<Role, string>>): string[] {
  const made = ROLES.slice(1).map(
    (role) => `if not exists (select from pg_roles where rolname = '${role}') then create role ${role}; end if;`,
  );
  const plain = 'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls';
  return [
    `do $$ begin ${made.join(' ')} end $$`,
    `alter role metamcp password '${passwords.metamcp}'`,
    `alter role metamcp_owner ${plain} password '${passwords.metamcp_owner}'`,
    `alter role metamcp_cli ${plain} password '${passwords.metamcp_cli}'`,
    'grant metamcp_owner, pg_use_reserved_connections to metamcp_cli',
    // What a command makes, migrations for one, is the owner's.
    'alter role metamcp_cli set role = metamcp_owner',
  ];
}

/** Builds the statements that hand over what the superuser owns in the current database, `metamcp`, and that database. */
export function ownershipStatements(): string[] {
  return ['alter database metamcp owner to metamcp_owner', oneLine(HAND_OVER)];
}

/**
 * REASSIGN OWNED refuses initdb's superuser. Sequences of a column follow their table; extensions keep
 * their own; what a killed server has left of temporary tables can't be handed over, and goes by itself.
 */
const HAND_OVER = `
do $$
declare command text;
begin
  for command in
    select format('schema %I', nspname) from pg_namespace
    where nspowner = 'metamcp'::regrole and nspname !~ '^pg_' and nspname <> 'information_schema'
    union all
    select format('%s %s',
      case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
        when 'f' then 'foreign table' else 'table' end, oid::regclass)
    from pg_class c
    where relowner = 'metamcp'::regrole and relkind in ('r', 'p', 'v', 'm', 'f', 'S') and oid >= 16384
      and relpersistence <> 't'
      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype in ('a', 'i', 'e'))
    union all
    select format('routine %s', oid::regprocedure) from pg_proc p
    where proowner = 'metamcp'::regrole and oid >= 16384
      and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
    union all
    select format('type %s', oid::regtype) from pg_type t
    where typowner = 'metamcp'::regrole and oid >= 16384
      and (typtype in ('e', 'd', 'r') or exists (select from pg_class where oid = typrelid and relkind = 'c'))
      and not exists (select from pg_depend where classid = 'pg_type'::regclass and objid = t.oid and deptype = 'e')
  loop
    execute 'alter ' || command || ' owner to metamcp_owner';
  end loop;
end $$`;

/** A server without a postmaster takes a line for a statement. */
function oneLine(statement: string): string {
  return statement.trim().replaceAll(/\s*\n\s*/g, ' ');
}
