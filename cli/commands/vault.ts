import type { Command } from 'commander';
import type { Cli } from '../cli.ts';

const REWRAP_HELP = `
To rotate ENCRYPTION_KEY: set the new one as ENCRYPTION_KEY and the old one as ENCRYPTION_KEY_PREVIOUS, restart every
gateway so, and run this. When it is done, unset ENCRYPTION_KEY_PREVIOUS and restart again. Interrupted, it can be
repeated. API keys keep working throughout, and the history keeps verifying.`;

/** Describes `vault …`. */
export function addVaultCommands(root: Command, cli: Cli): void {
  const vault = root.command('vault').description('the keys that encrypt secrets');

  vault
    .command('rewrap')
    .description('encrypt all data keys with the present ENCRYPTION_KEY')
    .addHelpText('after', REWRAP_HELP)
    .action(async () => (await import('./vault/rewrap.ts')).rewrapVault(cli));
}
