/** `modern`: stateless, MCP 2026-07-28 and later. `legacy`: `initialize` and a session, up to 2025-11-25. */
export type Era = 'modern' | 'legacy';

export function otherEra(era: Era): Era {
  return era === 'modern' ? 'legacy' : 'modern';
}

/** The modern versions that we speak, newest first. */
export const MODERN_VERSIONS = ['2026-07-28'] as const;

/** The legacy versions that we accept in an answer to `initialize`, newest first; we ask for the first. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;

/** The newest of our versions that the server supports, or undefined. */
export function chooseVersion(ours: readonly string[], theirs: readonly string[]): string | undefined {
  return ours.find((version) => theirs.includes(version));
}

/** The first stateless revision; a later one is modern too, and which ones it knows is for the server to say. */
export const FIRST_MODERN_REVISION = '2026-07-28';

/** Tells whether a revision is of the modern era. Revisions are dates, and so in order as text. */
export function isModernRevision(version: string): boolean {
  return version >= FIRST_MODERN_REVISION && /^\d{4}-\d{2}-\d{2}$/.test(version);
}
