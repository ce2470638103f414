import { openStores, type Stores, type StoresOptions } from '../../src/stores/stores.ts';

/** Opens stores for one command after the other, and keeps them open between two. */
export interface KeptStores extends AsyncDisposable {
  open(options: StoresOptions): Promise<Stores>;
}

/**
 * Opening stores takes five connections and most of a command's time. For tests of what commands do with their stores, and
 * not of how they open them: the last ones stay open as long as the settings stay the same.
 */
export function keepStores(): KeptStores {
  let kept: { readonly key: string; readonly stores: Promise<Stores> } | undefined;
  /** Commands that work on the kept stores. */
  let users = 0;

  async function close(): Promise<void> {
    const { stores } = kept ?? {};
    kept = undefined;
    await (await stores?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  return {
    async open(options) {
      const { settings, administrator, acceptLoss } = options;
      const key = JSON.stringify([settings, administrator, acceptLoss]);
      // Another command works on them.
      if (kept !== undefined && kept.key !== key && users > 0) return openStores(options);
      users += 1;
      try {
        if (kept !== undefined && kept.key !== key) await close();
        kept ??= { key, stores: openStores(options) };
        const stores = await kept.stores;
        // A command closes what it has opened.
        const leave = { value: () => Promise.resolve(void (users -= 1)) };
        return Object.create(stores, { [Symbol.asyncDispose]: leave }) as Stores;
      } catch (error) {
        users -= 1;
        kept = undefined;
        throw error;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}
