import { z } from 'zod';
import { grantSchema, scopeSchema } from './apiKey.ts';
import type { Catalogue, EventOf } from './catalogue.ts';
import { descriptionSchema, reasonSchema } from './text.ts';

const settings = z.object({
  description: z.string().optional(),
  scopes: z.array(scopeSchema),
  grants: z.array(grantSchema),
});
const writtenSettings = settings.extend({ description: descriptionSchema.optional() });
/** Tells a role from those of the same name before it and after it. */
const identity = { id: z.uuid() };
const reason = z.object({ reason: z.string().optional() });
const writtenReason = z.object({ reason: reasonSchema.optional() });

/** What a role gives to each key that has it. */
export type RoleSettings = z.infer<typeof settings>;

const ofRoles = { stream: /^keyRole-[a-z0-9][a-z0-9-]{0,31}$/, upcasts: [] } as const;

/** The events of a role's stream. A change carries all that the role is from now on. docs/adr/0032. */
export const keyRoleEvents = {
  KeyRoleCreated: { ...ofRoles, data: settings.extend(identity), written: writtenSettings.extend(identity) },
  KeyRoleChanged: {
    ...ofRoles,
    data: settings.extend(reason.shape),
    written: writtenSettings.extend(writtenReason.shape),
  },
  KeyRoleDeleted: { ...ofRoles, data: reason, written: writtenReason },
} as const satisfies Catalogue;

export type KeyRoleEvent = EventOf<typeof keyRoleEvents>;

/** The stream of a role. */
export function keyRoleStream(name: string): string {
  return `keyRole-${name}`;
}
