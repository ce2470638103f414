/** The names of all checks, which the command line has without loading them. */
export const CHECK_NAMES = [
  'node',
  'database',
  'migrations',
  'event-store',
  'secrets-fit',
  'read-tables',
  'gateway',
  'clocks',
  'disk',
  'permissions',
  'secret-ages',
  'default-secrets',
  'certificate',
  'exposure',
  'servers',
] as const;

export type CheckName = (typeof CHECK_NAMES)[number];
