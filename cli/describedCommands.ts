import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { addExamples } from './help/examples.ts';

/** What describes some commands of the root, once it is loaded. */
interface Described {
  /** The commands, and their aliases. A test holds them true. */
  readonly words: readonly string[];
  readonly load: () => Promise<(root: Command, cli: Cli) => void>;
}

/** All commands, in the order of the help. */
export const DESCRIBED: readonly Described[] = [
  { words: ['init'], load: async () => (await import('./commands/init.ts')).addInitCommand },
  { words: ['keys', 'key'], load: async () => (await import('./commands/keys.ts')).addKeyCommands },
  { words: ['roles'], load: async () => (await import('./commands/roles.ts')).addRoleCommands },
  { words: ['servers', 'server'], load: async () => (await import('./commands/servers.ts')).addServerCommands },
  { words: ['tools', 'tool'], load: async () => (await import('./commands/tools.ts')).addToolCommands },
  { words: ['apply', 'diff'], load: async () => (await import('./commands/apply.ts')).addConfigurationCommands },
  { words: ['db'], load: async () => (await import('./commands/db.ts')).addDatabaseCommands },
  { words: ['vault'], load: async () => (await import('./commands/vault.ts')).addVaultCommands },
  { words: ['audit'], load: async () => (await import('./commands/audit.ts')).addAuditCommands },
  { words: ['undo'], load: async () => (await import('./commands/undo.ts')).addUndoCommand },
  { words: ['usage'], load: async () => (await import('./commands/usage.ts')).addUsageCommand },
  { words: ['log-level'], load: async () => (await import('./commands/logLevel.ts')).addLogLevelCommand },
  { words: ['status'], load: async () => (await import('./commands/status.ts')).addStatusCommand },
  { words: ['doctor'], load: async () => (await import('./commands/doctor.ts')).addDoctorCommand },
  { words: ['connect', 'headers'], load: async () => (await import('./commands/connect.ts')).addConnectCommands },
  { words: ['completion'], load: async () => (await import('./commands/completion.ts')).addCompletionCommands },
  { words: ['schema'], load: async () => (await import('./commands/schema.ts')).addSchemaCommand },
];

/**
 * Describes the commands that the first word names: each run waits until they are loaded. All of them, where it names none: for help,
 * for completion, and for an answer to a slip of the fingers.
 */
export async function describeCommands(root: Command, cli: Cli, word?: string): Promise<void> {
  const named = DESCRIBED.filter(({ words }) => word !== undefined && words.includes(word));
  const loaded = await Promise.all((named.length > 0 ? named : DESCRIBED).map(({ load }) => load()));
  for (const add of loaded) add(root, cli);
  addExamples(root);
}
