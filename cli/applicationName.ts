/** How the CLI names itself to PostgreSQL, which shows it in pg_stat_activity. */
export const APPLICATION_NAME = 'metamcp-cli';
