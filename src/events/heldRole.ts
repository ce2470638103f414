import { z } from 'zod';
import { faultOfRoleName, ROLE_NAME } from './roleName.ts';

/** A role's name is its identity, as a server's is. */
export const roleNameSchema = z
  .string()
  .refine((name) => faultOfRoleName(name) === undefined, { error: ({ input }) => faultOfRoleName(input as string) })
  .meta({ pattern: ROLE_NAME.source });

/** A role that a key has. */
export const heldRoleSchema = z.object({
  name: z.string(),
  /** Of the role (KeyRoleCreated): the key does not have another role that takes over the name. */
  id: z.uuid(),
});
export type HeldRole = z.infer<typeof heldRoleSchema>;

/** All roles of a key, as they are written today: each of them is read with the key. */
export const writtenRolesSchema = z
  .array(heldRoleSchema.extend({ name: roleNameSchema }))
  .max(32, 'may be 32 roles at most');
