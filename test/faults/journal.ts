/** What a round has done, to be read when it finds something. */
export interface Journal {
  note(text: string): void;
  /** Notes something that must not be. The round goes on, since one fault explains another. */
  violation(text: string): void;
  readonly violations: readonly string[];
  /** All of it, oldest first. */
  readonly text: string;
}

/** Entries shown before a violation: what happened long ago seldom explains it. */
const SHOWN = 200;

export function openJournal(): Journal {
  const start = performance.now();
  const entries: string[] = [];
  const violations: string[] = [];
  function add(text: string): void {
    const entry = `${((performance.now() - start) / 1_000).toFixed(2).padStart(7)} ${text}`;
    entries.push(entry);
    if (process.env['FAULTS_SHOW'] !== undefined) process.stderr.write(`${entry}\n`);
  }
  return {
    note: add,
    violation(text) {
      violations.push(text);
      add(`VIOLATION ${text}`);
    },
    violations,
    get text() {
      return entries.slice(-SHOWN).join('\n');
    },
  };
}
