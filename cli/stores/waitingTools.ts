import type { Administration } from '../../src/administration/administration.ts';
import { AppError } from '../../src/errors/appError.ts';

/**
 * Counts the tools of servers that wait for an approval; servers without any are left out, and so are those of which it can't be
 * told: a list of servers is shown without it, too.
 */
export async function countWaitingTools(
  { approvals }: Pick<Administration, 'approvals'>,
  servers: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  // One after the other: what each has shown may be large.
  for (const server of servers) {
    try {
      const { waiting } = await approvals.unapproved(server);
      // Clients of each era may be shown one in another definition.
      const names = new Set(waiting.map(({ name }) => name));
      if (names.size > 0) counts.set(server, names.size);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  return counts;
}
