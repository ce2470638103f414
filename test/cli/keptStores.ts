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
  let kept: { readonly key: string; readonly stores: Stores } | undefined;

  async function close(): Promise<void> {
    const { stores } = kept ?? {};
    kept = undefined;
    await stores?.[Symbol.asyncDispose]();
  }

  return {
    async open(options) {
      const { config, administrator, acceptLoss } = options;
      const key = JSON.stringify([config, administrator, acceptLoss]);
      if (kept?.key !== key) {
        await close();
        kept = { key, stores: await openStores(options) };
      }
      // A command closes what it has opened.
      return Object.create(kept.stores, { [Symbol.asyncDispose]: { value: () => Promise.resolve() } }) as Stores;
    },
    [Symbol.asyncDispose]: close,
  };
}
