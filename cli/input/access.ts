import type { Scope } from '../../src/events/apiKey.ts';
import { GRANT } from '../../src/events/grant.ts';
import { faultOfRoleName, NO_ROLE } from '../../src/events/roleName.ts';
import { SCOPES } from '../../src/events/scope.ts';
import { Invalid } from '../../src/errors/appError.ts';

/** Reads `--scope`. @returns undefined without the option @throws Invalid `scope-invalid`, which names those there are */
export function parseScopes(texts: readonly string[] | undefined): Scope[] | undefined {
  if (texts === undefined) return undefined;
  const valid = SCOPES;
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
  const wrong = texts.find((text) => !GRANT.test(text));
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
  const fault = faultOfRoleName(text);
  if (fault === undefined) return text;
  throw new Invalid('role-invalid', `“${text}” is no name of a role: it ${fault}.`);
}
