// Which keys are meant: by the lists of the CLI, REST and the terminal, by changes of many keys, and by usage. The function
// keys_that_fit of the database (migrations/0019_roles.sql) reads it.

/** What a key can be at a time, as people see it. */
export const KEY_STATUSES = ['active', 'inactive', 'expired', 'rotating', 'rotated', 'deleted', 'unusable'] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

/** What is absent does not narrow; a key is meant when all of it fits. */
export interface KeyFilter {
  /** (Default: whatever it is, unless `without` names it) */
  readonly statuses?: readonly KeyStatus[] | undefined;
  /** Statuses in the table that are left out where no status is asked for. (Default: inactive and deleted) */
  readonly without?: readonly ('inactive' | 'deleted')[] | undefined;
  /** Each as in team=search. */
  readonly tags?: readonly string[] | undefined;
  /** Whatever the case. */
  readonly owner?: string | undefined;
  /** A part of it, whatever the case. */
  readonly name?: string | undefined;
  /** One of its grants, of its own or of its roles: this very one, or one for tools of that server. */
  readonly grant?: string | undefined;
  /** One of its roles, by name. */
  readonly role?: string | undefined;
  /** Nobody has used it since, and it was there before; as far back as usage is kept. */
  readonly unusedSince?: Date | undefined;
  readonly expiresBefore?: Date | undefined;
  /** Each stands in its name, description, owner, grants, tags or roles, or begins its id. */
  readonly words?: readonly string[] | undefined;
}

export const KEY_SORTS = ['created', 'name', 'expires', 'last-used'] as const;
export type KeySort = (typeof KEY_SORTS)[number];

/** Writes a filter for the database. @param now ms since the epoch */
export function filterJson(filter: KeyFilter, now: number): string {
  const { statuses, without = ['inactive', 'deleted'], tags = [], words = [], ...others } = filter;
  return JSON.stringify({
    ...others,
    now: new Date(now),
    without: statuses === undefined ? without : [],
    ...(statuses !== undefined && { statuses }),
    ...(tags.length > 0 && { tags }),
    ...(words.length > 0 && { words }),
  });
}

/**
 * Tells whether a filter means some keys and not nearly all: a status alone does not, for most keys are active. Who changes what is
 * meant by less says how many keys that are.
 */
export function isNarrow({ statuses: _statuses, ...filter }: KeyFilter): boolean {
  return narrows(filter);
}

/** Tells whether a filter names keys by anything: what changes many of them asks for that. */
export function narrows({ without: _without, ...filter }: KeyFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined && (!Array.isArray(value) || value.length > 0));
}
