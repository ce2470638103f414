import { grantSchema, scopeSchema, type Scope } from '../../src/events/apiKey.ts';
import { NO_ROLE, roleNameSchema } from '../../src/events/heldRole.ts';
import { plainFault } from '../../src/plainFault.ts';
import { Invalid } from '../../src/errors/appError.ts';

/** Reads `--scope`. @returns undefined without the option @throws Invalid `scope-invalid`, which names those there are */
export function parseScopes(texts: readonly string[] | undefined): Scope[] | undefined {
  if (texts === undefined) return undefined;
  const valid = scopeSchema.options;
  const scopes = texts.map((text) => {
    const scope = valid.find((each) => each === text);
    if (scope !== undefined) return scope;
    throw new Invalid('scope-invalid', `There is no scope “${text}”. There are: ${valid.join(', ')}.`, {
      data: { valid },
    });
  });
  if (scopes.length > 0) return [...new Set(scopes)];
  throw new Invalid('scope-invalid', `A key needs a scope. There are: ${valid.join(', ')}.`, { data: { valid } });
}

/** Reads `--grant`. @returns undefined without the option @throws Invalid `grant-invalid`, which shows the forms */
export function parseGrants(texts: readonly string[] | undefined): string[] | undefined {
  if (texts === undefined) return undefined;
  const forms = 'Write * for every server, NAME for one server, or NAME:PATTERN for tools of it, as in github:search_*';
  const wrong = texts.find((text) => !grantSchema.safeParse(text).success);
  if (wrong !== undefined) throw new Invalid('grant-invalid', `“${wrong}” is no grant. ${forms}.`);
  if (texts.length === 0) throw new Invalid('grant-invalid', `A key needs a grant. ${forms}.`);
  return [...new Set(texts)];
}

/** Reads `--role`: `none` alone means no role. @returns undefined without the option @throws Invalid `role-invalid` */
export function parseRoles(texts: readonly string[] | undefined): string[] | undefined {
  if (texts === undefined) return undefined;
  if (texts.length === 1 && texts[0] === NO_ROLE) return [];
  return [...new Set(texts.map(checkedRoleName))];
}

/** Checks the name of a role as it is typed. @throws Invalid `role-invalid` */
export function checkedRoleName(text: string): string {
  const { error } = roleNameSchema.safeParse(text, { error: plainFault });
  if (error === undefined) return text;
  throw new Invalid('role-invalid', `“${text}” is no name of a role: it ${error.issues[0]?.message ?? 'is none'}.`);
}
