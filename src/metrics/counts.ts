import type { CallEvent } from '../calls/callEvent.ts';
import { AuthenticationCounts } from './authenticationCounts.ts';
import { CallCounts } from './callCounts.ts';
import { Distribution, LONG_SECONDS } from './distribution.ts';
import { LimitCounts } from './limitCounts.ts';
import type { Metric } from './metric.ts';
import { RequestCounts } from './requestCounts.ts';

/** What a gateway counts as it happens: plain numbers, which are read when somebody asks for them. */
export class Counts {
  readonly calls = new CallCounts();
  readonly limits = new LimitCounts();
  readonly requests = new RequestCounts();
  readonly authentications = new AuthenticationCounts();
  readonly #changes = new Distribution(LONG_SECONDS);

  /** Counts a call that has ended; an observer of calls. */
  count(event: CallEvent): void {
    this.calls.count(event);
    if (event.outcome !== 'ok') this.limits.note(event.outcome);
  }

  /** Notes that a change of a key or server was taken in. @param ms since it was sent */
  noteTakenIn(ms: number): void {
    this.#changes.observe(ms / 1_000);
  }

  metrics(registered: () => ReadonlySet<string> | undefined): readonly Metric[] {
    return [
      ...this.calls.metrics(registered),
      ...this.limits.metrics,
      ...this.requests.metrics,
      ...this.authentications.metrics,
      {
        name: 'metamcp_revocation_seconds',
        type: 'histogram',
        help: 'From when a change of a key or server was sent, a revocation among them, until this gateway had taken it in and cut what it ends. By the clocks of the sender and of this gateway.',
        labels: [],
        series: () => [{ values: [], value: this.#changes }],
      },
    ];
  }
}
