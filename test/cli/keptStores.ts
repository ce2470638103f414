import { openStores, type Stores, type StoresOptions } from '../../src/stores/stores.ts';

/** Opens stores for one command after the other, and keeps them open between two. */
export interface KeptStores extends AsyncDisposable {
  open(options: StoresOptions): Promise<Stores>;
}

interface Kept {
  readonly stores: Promise<Stores>;
  /** Commands that work on them. */
  users: number;
}

/** Some tests work on two installations by turns, and change a setting for a command or two. */
const KEPT = 3;

/**
 * Opening stores takes five connections and most of a command's time. For tests of what commands do with their stores, and
 * not of how they open them: those of the last few settings stay open.
 */
export function keepStores(): KeptStores {
  /** The one used last is at the end. */
  const kept = new Map<string, Kept>();

  async function close(key: string, { stores }: Kept): Promise<void> {
    kept.delete(key);
    await (await stores.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  async function closeIdle(): Promise<void> {
    for (const [key, each] of kept) if (kept.size > KEPT && each.users === 0) await close(key, each);
  }

  return {
    async open(options) {
      const { settings, administrator, acceptLoss } = options;
      const key = JSON.stringify([settings, administrator, acceptLoss]);
      const found = kept.get(key) ?? { stores: openStores(options), users: 0 };
      found.users += 1;
      kept.delete(key);
      kept.set(key, found);
      try {
        const stores = await found.stores;
        await closeIdle();
        // A command closes what it has opened.
        const leave = { value: () => Promise.resolve(void (found.users -= 1)) };
        return Object.create(stores, { [Symbol.asyncDispose]: leave }) as Stores;
      } catch (error) {
        if (kept.get(key) === found) kept.delete(key);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      for (const [key, each] of kept) await close(key, each);
    },
  };
}
