import { z } from 'zod';

/** The shape of a role's name. */
export const ROLE_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Typed for no role at all: `--role none`. */
export const NO_ROLE = 'none';

/** A role's name is its identity, as a server's is. */
export const roleNameSchema = z
  .string()
  .regex(ROLE_NAME, 'must be 1 to 32 of a-z, 0-9 and -, and not begin with -')
  .refine((name) => name !== NO_ROLE, `can’t be ${NO_ROLE}, which stands for no role`);

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
