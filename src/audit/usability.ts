import type { RecordedEvent } from '../events/eventStore.ts';
import type { KnownEvent } from '../events/knownEvent.ts';

type RepairEvent = Extract<KnownEvent, { readonly type: 'EventSkipped' | 'StreamRetired' | 'StreamReinstated' }>;

/** Why a key, role or server could not be used, whatever its own events are. */
export type UsabilityFault = 'unreadable' | 'retired';

/** Checks whether an event is a repair. */
export function isRepair(event: KnownEvent): event is RepairEvent {
  return event.type === 'EventSkipped' || event.type === 'StreamRetired' || event.type === 'StreamReinstated';
}

/** Follows what keeps one key, role or server from being used: events that can't be read, and what operators decided. */
export class Usability {
  readonly #unreadable = new Set<number>();
  #retired = false;

  /** Undefined while nothing does. */
  get fault(): UsabilityFault | undefined {
    if (this.#retired) return 'retired';
    return this.#unreadable.size > 0 ? 'unreadable' : undefined;
  }

  meet({ revision }: Pick<RecordedEvent, 'revision'>): void {
    this.#unreadable.add(revision);
  }

  follow(event: RepairEvent): void {
    if (event.type === 'EventSkipped') this.#unreadable.delete(event.data.revision);
    else this.#retired = event.type === 'StreamRetired';
  }
}

/** When an event happened that can't be read, in ms since the epoch; undefined when not even that can be read. */
export function timeOf({ metadata: { at } }: Pick<RecordedEvent, 'metadata'>): number | undefined {
  const ms = typeof at === 'string' ? Date.parse(at) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
