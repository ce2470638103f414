/** Works through a list, so many of its items at a time, and keeps its order. */
export async function inTurn<From, To>(
  list: readonly From[],
  atOnce: number,
  work: (item: From) => Promise<To>,
): Promise<To[]> {
  const results: To[] = [];
  const left = list.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of left) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, worker));
  return results;
}
