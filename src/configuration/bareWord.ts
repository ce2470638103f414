import { isScalar, visit, type Document } from 'yaml';

const WRITTEN = Symbol('written');

/** A number or truth value that stands in a file without quotes, and the very characters that stand there. */
export interface BareWord {
  readonly value: unknown;
  readonly [WRITTEN]: string;
}

/** Tells a bare word from other values. */
export function isBareWord(value: unknown): value is BareWord {
  return typeof value === 'object' && value !== null && WRITTEN in value;
}

/** Gives a bare word's characters: 1.10, 007, 9007199254740993. */
export function writtenText(word: BareWord): string {
  return word[WRITTEN];
}

/** Gives what a value means, bare or not. */
export function meaningOf(value: unknown): unknown {
  return isBareWord(value) ? value.value : value;
}

/** Makes names of members what the file has: a server called 007 is not 7. */
export function keepWrittenNames(document: Document): void {
  visit(document, {
    Pair(_key, { key }) {
      if (isScalar(key) && typeof key.value !== 'string' && key.source !== undefined) key.value = key.source;
    },
  });
}

/** Makes each number and truth value a bare word, once names are what is written. The document is changed by it. */
export function keepWrittenValues(document: Document): void {
  visit(document, {
    Scalar(_key, node) {
      if (node.source === undefined || node.value === null || typeof node.value === 'string') return;
      node.value = { value: node.value, [WRITTEN]: node.source } satisfies BareWord;
    },
  });
}
