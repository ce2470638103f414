import { randomBytes } from 'node:crypto';
import { makeHistory, openInstallation, START, type Installation, type TamperableStore } from './auditFixture.ts';

/** Stores of one kind. */
export interface TamperableStores<Store extends TamperableStore = TamperableStore> {
  /** Opens one without events. */
  open(): Promise<Store>;
  /** Closes one, and keeps what it holds. */
  keep(store: Store): Promise<StoreOriginal<Store>>;
}

/** What a store and its database held when it was closed. */
export interface StoreOriginal<Store extends TamperableStore> extends AsyncDisposable {
  /** Opens another with the same history, identity and tables, which can be changed alone. */
  copy(): Promise<Store>;
}

/** An installation with a history, for one test to change. */
export interface AuditWorld<Store extends TamperableStore = TamperableStore> extends AsyncDisposable {
  readonly tamperable: Store;
  readonly installation: Installation;
  readonly made: Awaited<ReturnType<typeof makeHistory>>;
}

/** Worlds with one and the same history, which is made once: to copy it is many times cheaper. */
export interface AuditWorlds<Store extends TamperableStore = TamperableStore> extends AsyncDisposable {
  copy(): Promise<AuditWorld<Store>>;
}

/** A copy's clock goes on behind the last event of the history. */
const LATER_MS = 3_600_000;

export function openAuditWorlds<Store extends TamperableStore>(stores: TamperableStores<Store>): AuditWorlds<Store> {
  const masterKey = randomBytes(32).toString('base64');
  let original: ReturnType<typeof make> | undefined;

  async function make() {
    await using opened = new AsyncDisposableStack();
    const store = opened.use(await stores.open());
    const made = await makeHistory(await openInstallation(store, { masterKey }));
    const kept = await stores.keep(store);
    opened.move();
    return { made, kept };
  }

  return {
    async copy() {
      const { made, kept } = await (original ??= make());
      const tamperable = await kept.copy();
      const installation = await openInstallation(tamperable, { masterKey, startMs: START + LATER_MS });
      return { tamperable, installation, made, [Symbol.asyncDispose]: () => tamperable[Symbol.asyncDispose]() };
    },
    async [Symbol.asyncDispose]() {
      const made = await original?.catch(() => undefined);
      await made?.kept[Symbol.asyncDispose]();
    },
  };
}
