import type { Clock } from '../../clock.ts';
import type { StderrSettings } from './stdioSettings.ts';

/** Bounds how many lines of a program reach the log: a number at once, which refills with time. */
export class LineRate {
  readonly #settings: Pick<StderrSettings, 'burst' | 'perSecond'>;
  readonly #clock: Clock;
  #left: number;
  #refilledAt: number;
  #omitted = 0;

  constructor(settings: Pick<StderrSettings, 'burst' | 'perSecond'>, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#left = settings.burst;
    this.#refilledAt = clock();
  }

  /** Asks for a line. @returns how many were left out before it; undefined: this one is to be left out, too */
  admit(): number | undefined {
    const { burst, perSecond } = this.#settings;
    const now = this.#clock();
    // The clock may have been set back.
    const passedMs = Math.max(0, now - this.#refilledAt);
    this.#left = Math.min(burst, this.#left + (passedMs / 1_000) * perSecond);
    this.#refilledAt = now;
    if (this.#left < 1) {
      this.#omitted += 1;
      return undefined;
    }
    this.#left -= 1;
    const omitted = this.#omitted;
    this.#omitted = 0;
    return omitted;
  }
}
