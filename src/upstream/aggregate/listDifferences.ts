import type { SideMessage, SubscriptionFilter } from '../upstream.ts';
import type { MemberConnections } from './memberConnections.ts';
import type { MemberLists } from './memberLists.ts';
import type { MergedList } from './mergedList.ts';
import type { ListName } from './memberParts.ts';
import type { Offering } from './offering.ts';

interface DifferencesContext {
  readonly connections: MemberConnections;
  readonly lists: MemberLists;
  readonly offering: Offering;
}

/** Several servers change together: clients hear of all that happens within this once, in milliseconds. */
const SETTLE_MS = 50;

/** The notification that each list belongs to, and the member of a filter that asks for it. */
const KINDS = [
  { method: 'notifications/tools/list_changed', filter: 'toolsListChanged', lists: ['tools'] },
  { method: 'notifications/prompts/list_changed', filter: 'promptsListChanged', lists: ['prompts'] },
  {
    method: 'notifications/resources/list_changed',
    filter: 'resourcesListChanged',
    lists: ['resources', 'resourceTemplates'],
  },
] as const satisfies readonly {
  method: string;
  filter: keyof SubscriptionFilter;
  lists: readonly ListName[];
}[];

/** Sends one client that a list has changed: once for what changes together, and only where it would get another list. */
export class ListDifferences implements Disposable {
  readonly #context: DifferencesContext;
  readonly #send: (message: SideMessage) => Promise<void>;
  readonly #kinds: readonly (typeof KINDS)[number][];
  /** The digest of what the client would have got last; undefined: not known. */
  readonly #last = new Map<ListName, string | undefined | Promise<string | undefined>>();
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | undefined;
  #checking = Promise.resolve();
  #isOver = false;

  /** @param isLate nobody knows what the client got last: it hears of each list in which there is anything */
  constructor(
    context: DifferencesContext,
    filter: SubscriptionFilter | undefined,
    send: (message: SideMessage) => Promise<void>,
    isLate = false,
  ) {
    this.#context = context;
    this.#send = send;
    this.#kinds = KINDS.filter((kind) => filter === undefined || filter[kind.filter] === true);
    for (const { lists } of this.#kinds)
      for (const list of lists) this.#last.set(list, isLate ? undefined : digestOf(context.offering.peek(list)));
    if (isLate) this.check();
    this.#stop = context.lists.onChange((listsKey, part) => {
      const isMine = context.connections.all.some(({ member }) => member.listsKey === listsKey);
      if (isMine && part !== 'facts') this.check();
    });
  }

  /** Compares the lists soon. */
  check(): void {
    if (this.#isOver || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#checking = this.#checking.then(() => this.#compare());
    }, SETTLE_MS);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  async #compare(): Promise<void> {
    for (const { method, lists } of this.#kinds) {
      let isOther = false;
      for (const list of lists) {
        const now = await this.#context.offering.merged(list);
        const before = await this.#last.get(list);
        this.#last.set(list, now.digest);
        isOther ||= before === undefined ? now.items.length > 0 : before !== now.digest;
      }
      if (this.#isOver) return;
      if (isOther)
        await this.#send({ kind: 'notification', notification: { jsonrpc: '2.0', method, params: undefined } });
    }
  }
}

function digestOf(
  merged: MergedList | Promise<MergedList> | undefined,
): string | undefined | Promise<string | undefined> {
  if (!(merged instanceof Promise)) return merged?.digest;
  return merged.then(
    ({ digest }) => digest,
    () => undefined,
  );
}
