/**
 * What becomes of a tool whose definition nobody has approved, since it is new or has changed: clients get it; they get it with a
 * mark; they don't get it.
 */
export const ON_TOOL_CHANGE = ['allow', 'flag', 'hold'] as const;
