/** Names the CLI in messages, before a command of it. */
const IN_MESSAGES =
  /\bmetamcp-cli (?=(?:apply|audit|completion|connect|db|diff|headers|init|keys|log-level|schema|servers|tools|usage|vault)\b|--help)/g;
const IN_USAGE = /^(Usage: )metamcp-cli\b/gm;

/** How the CLI is started where a program like this one stands: a clone, which runs TypeScript, has no metamcp-cli. */
export const CLI_HERE = import.meta.filename.endsWith('.ts') ? 'npm run -s cli --' : 'metamcp-cli';

/** How the gateway is started where a program like this one stands. */
export const GATEWAY_HERE = import.meta.filename.endsWith('.ts') ? 'npm start' : 'metamcp';

/**
 * Has a message name the CLI as its reader starts it. In the code it is `metamcp-cli`.
 * @param name undefined: as it is installed
 */
export function withCliName(message: string, name: string | undefined): string {
  if (name === undefined || !message.includes('metamcp-cli')) return message;
  return message
    .replaceAll(IN_MESSAGES, () => `${name} `)
    .replaceAll(IN_USAGE, (_usage, before: string) => before + name);
}
