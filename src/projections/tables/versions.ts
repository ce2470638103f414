/**
 * The projections, by their tables, and the version of each: raised whenever the same events give other rows, since a table that an
 * older version has built is rebuilt then. They stand here so that a command can tell whether all tables are current without loading
 * what applies events.
 */
export const VERSIONS = {
  stream_heads: 1,
  api_keys: 5,
  key_roles: 1,
  mcp_servers: 1,
  approved_tools: 1,
  audit_events: 1,
  unreadable_events: 1,
  retired_streams: 1,
  shredding: 1,
  forgetting: 1,
} as const satisfies Readonly<Record<string, number>>;

/** The name of a projection: its table’s, and its checkpoint’s. */
export type ProjectionName = keyof typeof VERSIONS;
