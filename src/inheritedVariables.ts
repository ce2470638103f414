/**
 * What the programs of servers get of the gateway's own environment: what programs need to find themselves, their files and
 * their language. Anything else, such as a proxy's address, which may hold a password, is configured for the server that is to have it.
 */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR'] as const;

/** Picks the variables that programs inherit. */
export function inheritedVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
