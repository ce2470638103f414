/** The shape of a role's name. */
export const ROLE_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Typed for no role at all: `--role none`. */
export const NO_ROLE = 'none';

/** Says what is wrong with the name of a role, as the end of a sentence; undefined: nothing. */
export function faultOfRoleName(name: string): string | undefined {
  if (!ROLE_NAME.test(name)) return 'must be 1 to 32 of a-z, 0-9 and -, and not begin with -';
  return name === NO_ROLE ? `can’t be ${NO_ROLE}, which stands for no role` : undefined;
}
