import type { Endpoint } from './connectionString.ts';

/** No connection could be made, so that nothing was sent. Its message is a sentence for people. */
export class Unreachable extends Error {
  /** A node answered, though not the leader: it is worth waiting for one. */
  readonly answered: boolean;

  constructor(message: string, { answered, cause }: { readonly answered: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.answered = answered;
  }

  override get name(): string {
    return 'Unreachable';
  }
}

/** Writes nodes down as people do. */
export function named(endpoints: readonly Endpoint[]): string {
  return endpoints.map(({ host, port }) => `${host}:${port}`).join(', ');
}

/**
 * Explains why a connection could not be made, from the details that gRPC reports.
 * @param details such as `No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: `
 */
export function reasonOf(details: string, encrypted: boolean): string {
  const last = /Last error: (?:Error: )?(.*?)\.? Resolution note/s.exec(details)?.[1] ?? details;
  if (/certificate|altnames|SELF_SIGNED|UNABLE_TO_|\bCERT_|_CERT\b/i.test(last)) {
    return `its certificate is not trusted (${last.split(';')[0]?.trim()}): tlsCAFile must name the authority that signed it`;
  }
  if (/wrong version number/i.test(last)) return 'it does not speak TLS (tls=false may be missing)';
  if (!encrypted && /^(Failed to connect|.*Protocol error)/i.test(last)) {
    return 'it does not answer as EventStoreDB does without TLS (tls=false may be wrong)';
  }
  return /ECONNREFUSED/.test(last) ? 'connection refused' : last.replace(/\s+/g, ' ').trim();
}
