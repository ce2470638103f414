import type { SettingType } from './settingTypes.ts';

/**
 * What a setting’s value is to others: a `secret`, for which `NAME_FILE` may name a file; the `location` of secrets; or `plain`.
 * Nothing that is a secret or the location of one is ever given to a server (ownSecrets.ts), and no secret is ever shown.
 */
export type Secrecy = 'plain' | 'location' | 'secret';

export type Standard = string | number | boolean | readonly string[];

/** Where one setting is read from, what it may be, and what it means. */
export interface Definition<Value> {
  readonly variable: string;
  /** Its member of `metamcp.toml`, `port` or `server.port`; undefined: it has none, as secrets that are better in a file of their own. */
  readonly member: string | undefined;
  readonly secrecy: Secrecy;
  readonly type: SettingType<NonNullable<Value>>;
  /** As it is written in the file; undefined: there is none. */
  readonly standard: Standard | undefined;
  /** The default in words, where it is not one value. */
  readonly standardText: string | undefined;
  /** A sentence for docs/configuration.md. */
  readonly meaning: string;
  /** SIGHUP has a running gateway take a new value. */
  readonly isReread: boolean;
}

interface Rest {
  readonly variable: string;
  readonly meaning: string;
  readonly member?: string;
  readonly secrecy?: Secrecy;
  readonly standardText?: string;
  readonly isReread?: boolean;
}

/** Defines a setting that always has a value. @param definition `standard`: as it is written in the file */
export function setting<Value>(
  definition: Rest & { readonly type: SettingType<Value>; readonly standard: Standard },
): Definition<Value>;
/** Defines a setting that may be absent. */
export function setting<Value>(definition: Rest & { readonly type: SettingType<Value> }): Definition<Value | undefined>;
export function setting<Value>(
  definition: Rest & { readonly type: SettingType<Value>; readonly standard?: Standard },
): Definition<Value> {
  const { member, secrecy = 'plain', standard, standardText, isReread = false, ...rest } = definition;
  return { ...rest, member, secrecy, standard, standardText, isReread } as Definition<Value>;
}
