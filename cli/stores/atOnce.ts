/** Commands that are worked on at once: fewer than a process has connections to the database. */
export const AT_ONCE = 8;

/** Works on all, a few at a time, and answers with each few in their order. @throws what `work` throws */
export async function* fewAtOnce<In, Out>(
  all: readonly In[],
  work: (one: In) => Promise<Out>,
): AsyncGenerator<readonly Out[]> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield await Promise.all(all.slice(at, at + AT_ONCE).map(work));
}
