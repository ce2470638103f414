import type { Definition } from './definition.ts';
import { DEFINITIONS } from './definitions.ts';

type Values<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends Definition<infer Value> ? Value : Values<Group[Name]>;
};

/** The values of all definitions, in their groups. */
export type DefinedSettings = Values<typeof DEFINITIONS>;

/** A setting and the path of its value in `Settings`. */
export interface Defined extends Definition<unknown> {
  readonly path: readonly string[];
}

/** All definitions, without their groups. */
export const ALL_DEFINITIONS: readonly Defined[] = flat(DEFINITIONS, []);

function flat(group: object, path: readonly string[]): Defined[] {
  return Object.entries(group).flatMap(([name, value]: [string, object]) =>
    'variable' in value ? [{ ...(value as Definition<unknown>), path: [...path, name] }] : flat(value, [...path, name]),
  );
}
