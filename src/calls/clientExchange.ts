import type { HttpProtocol } from '../httpProtocol.ts';

/** How an exchange with a client has ended. */
export interface ExchangeEnd {
  /** See CallEvent. */
  readonly requestId: string | undefined;
  /** See CallEvent. */
  readonly protocol: HttpProtocol | undefined;
  /** The HTTP status that the client got; 0 when it left before. */
  readonly status: number;
  /** See CallEvent. */
  readonly bytesOut: number;
}

/** The exchange with a client that a request is part of, for who counts what it carries. */
export interface ClientExchange {
  /** See CallEvent. */
  readonly bytesIn: number;
  /** Calls back when the client has its answer, or is gone. */
  whenOver(callback: (end: ExchangeEnd) => void): void;
}
