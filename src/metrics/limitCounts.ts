import { byLabel, type Metric } from './metric.ts';

/** The codes of refusals for a limit, each with a series from the start. */
const LIMITS = [
  'rate-limited',
  'too-many-calls',
  'too-many-streams',
  'too-many-bodies',
  'too-many-programs',
  'too-many-parked-calls',
  'too-many-client-kinds',
  'server-busy',
  'server-circuit-open',
  'body-too-large',
  'json-too-costly',
  'consumer-too-slow',
] as const;

/** Counts what limits refuse. Who lets through counts nothing: that is the rest of the calls. */
export class LimitCounts {
  readonly #counts = new Map<string, number>(LIMITS.map((limit) => [limit, 0]));

  /** Notes the outcome of a call, or the code of another refusal; one that is of no limit counts nowhere. */
  note(code: string): void {
    const count = this.#counts.get(code);
    if (count !== undefined) this.#counts.set(code, count + 1);
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'metamcp_limited_total',
        type: 'counter',
        help: 'Calls that a limit has refused or cut, by the code of the refusal.',
        labels: ['limit'],
        series: () => byLabel(this.#counts),
      },
    ];
  }
}
