/** The exit codes of both programs (docs/architecture.md, Administration). */
export const EXIT = { done: 0, refused: 1, misuse: 2, unreachable: 3 } as const;
