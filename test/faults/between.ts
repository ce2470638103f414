/** Ends what was begun, whatever happens in between. */
export async function between(
  begin: () => Promise<unknown>,
  during: () => Promise<void>,
  end: () => Promise<unknown>,
): Promise<void> {
  await begin();
  try {
    await during();
  } finally {
    await end();
  }
}
