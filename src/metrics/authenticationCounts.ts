import type { Authenticate } from '../auth/principal.ts';
import { AppError } from '../errors/appError.ts';
import { byLabel, type Metric } from './metric.ts';

/** The codes that an authentication may fail with, each with a series from the start. */
const OUTCOMES = [
  'ok',
  'credential-missing',
  'credential-ambiguous',
  'invalid-credential',
  'key-inactive',
  'key-expired',
  'key-rotated',
  'key-revoked',
  'token-expired',
  'argon-busy',
  'unavailable',
  'failed',
] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Counts how authentications end. */
export class AuthenticationCounts {
  readonly #counts = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));

  /** Makes of an authentication one that is counted, and is as fast. */
  counting(authenticate: Authenticate): Authenticate {
    const failed = (error: unknown): never => {
      this.#count(outcomeOf(error));
      throw error;
    };
    return (headers, connection) => {
      try {
        const principal = authenticate(headers, connection);
        if (principal instanceof Promise) {
          return principal.then((known) => {
            this.#count('ok');
            return known;
          }, failed);
        }
        this.#count('ok');
        return principal;
      } catch (error) {
        return failed(error);
      }
    };
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'metamcp_authentications_total',
        type: 'counter',
        help: 'Credentials that were shown, by what became of them: ok, or the code of the refusal.',
        labels: ['outcome'],
        series: () => byLabel(this.#counts),
      },
    ];
  }

  #count(outcome: Outcome): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof AppError)) return 'failed';
  const known = OUTCOMES.find((outcome) => outcome === error.code);
  return known ?? (error.kind === 'unavailable' ? 'unavailable' : 'failed');
}
