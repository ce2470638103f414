/** The clients that are known, by what they are called on the command line, which has them without loading more of them. */
export const CLIENT_NAMES = [
  'claude-code',
  'claude-desktop',
  'cursor',
  'vscode',
  'codex',
  'gemini-cli',
  'windsurf',
  'antigravity',
  'opencode',
  'zed',
  'cline',
  'goose',
  'copilot-cli',
] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];
