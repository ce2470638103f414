import { LIMIT_CODES } from '../errors/appError.ts';
import { byLabel, type Metric } from './metric.ts';

/** The codes of refusals for a limit, each with a series from the start. */
const LIMITS = [...LIMIT_CODES, 'server-busy', 'server-circuit-open'] as const;

/** Counts what limits refuse. Who lets through counts nothing: that is the rest of the calls. */
export class LimitCounts {
  readonly #counts = new Map<string, number>(LIMITS.map((limit) => [limit, 0]));

  /** Notes the outcome of a call, or the code of the refusal of another request; one that is of no limit counts nowhere. */
  note(code: string): void {
    const count = this.#counts.get(code);
    if (count !== undefined) this.#counts.set(code, count + 1);
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'metamcp_limited_total',
        type: 'counter',
        help: 'Calls and other requests that a limit has refused or cut, by the code of the refusal.',
        labels: ['limit'],
        series: () => byLabel(this.#counts),
      },
    ];
  }
}
