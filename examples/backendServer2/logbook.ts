/** Only the latest tours are kept, so that the memory of a long-running server stays bounded. */
const MAX_ENTRIES = 50;

/** How the latest tours ended, one line each. */
export interface Logbook {
  add(entry: string): void;
  text(): string;
}

/** Makes an empty logbook. */
export function createLogbook(): Logbook {
  const entries: string[] = [];
  return {
    add(entry) {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) entries.shift();
    },
    text: () => entries.join('\n'),
  };
}
