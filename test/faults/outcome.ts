import type { Outcome as CliOutcome } from '../cli/inProcess.ts';

/** How a command ended. */
export type Outcome =
  | {
      readonly result: 'done';
      readonly changed: boolean | undefined;
      /** Every gateway enforces it. */
      readonly confirmed: boolean;
      readonly retired: boolean;
      readonly document: Readonly<Record<string, unknown>>;
    }
  | { readonly result: 'refused'; readonly code: string; readonly message: string }
  /** Certainly nothing was stored. */
  | { readonly result: 'not stored'; readonly code: string; readonly message: string }
  | { readonly result: 'unknown'; readonly code: string; readonly message: string };

/** These say that nothing was sent, or that the store has surely not taken it. */
const NOT_STORED: ReadonlySet<string> = new Set([
  'event-store-behind',
  'event-store-changed',
  'event-store-unavailable',
  'event-store-identity-hidden',
]);

function failed(code: string, message: string): Outcome {
  const isStored = /^The change is stored/.test(message);
  return { result: NOT_STORED.has(code) && !isStored ? 'not stored' : 'unknown', code, message };
}

type Document = Readonly<Record<string, unknown>>;

/** Reads how a command of the CLI ended. @throws Error for an end that no command may have */
export function outcomeOfCli(argv: readonly string[], { code, stdout, stderr }: CliOutcome): Outcome {
  let document: Document;
  try {
    document = JSON.parse(stdout) as Document;
  } catch {
    throw new Error(`${argv.join(' ')} ended with ${code} and no JSON: ${stdout} ${stderr}`);
  }
  if (code === 0) {
    const { changed, unconfirmed = [], retired = false } = document;
    return {
      result: 'done',
      changed: typeof changed === 'boolean' ? changed : undefined,
      confirmed: (unconfirmed as unknown[]).length === 0,
      retired: retired === true,
      document,
    };
  }
  const { code: reason, message } = document['error'] as { code: string; message: string };
  if (reason === 'internal') throw new Error(`${argv.join(' ')}: ${message}`);
  if (code === 3) return failed(reason, message);
  return { result: 'refused', code: reason, message };
}

/** Reads an answer over REST; undefined: there was none. @throws Error for an answer that no change may have */
export async function outcomeOfRest(what: string, answer: Response | undefined): Promise<Outcome> {
  if (answer === undefined) return { result: 'unknown', code: 'no-answer', message: '' };
  const text = await answer.text().catch(() => undefined);
  if (answer.ok) {
    const confirmed = answer.headers.get('metamcp-unconfirmed') === null;
    // It has been made before its answer was cut off.
    return { result: 'done', changed: undefined, confirmed, retired: false, document: {} };
  }
  if (text === undefined) return { result: 'unknown', code: 'cut', message: '' };
  const { code, detail } = JSON.parse(text) as { code: string; detail: string };
  if (answer.status === 500) throw new Error(`${what}: ${text}`);
  if (answer.status >= 500) return failed(code, detail);
  return { result: 'refused', code, message: detail };
}
