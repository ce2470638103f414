/** Names the CLI in messages, before a command of it. Where it is named as its reader starts it, it stays so. */
const IN_MESSAGES =
  /(?<![\w./-]|npx )metamcp-cli (?=(?:apply|audit|completion|connect|db|diff|doctor|headers|init|key|keys|log-level|roles|schema|server|servers|status|tool|tools|undo|usage|vault)\b|--help)/g;
const IN_USAGE = /^(Usage: )metamcp-cli\b/gm;

/** A clone runs TypeScript. */
const IS_CLONE = import.meta.filename.endsWith('.ts');
const IS_OF_NPX = isOfNpx(process.env);

/** How the CLI is started where a program like this one stands. */
export const CLI_HERE = IS_CLONE ? './metamcp-cli' : IS_OF_NPX ? 'npx metamcp cli' : 'metamcp-cli';

/** How the gateway is started where a program like this one stands. */
export const GATEWAY_HERE = IS_CLONE ? 'npm start' : IS_OF_NPX ? 'npx metamcp' : 'metamcp';

/** Whether npx has started this process: it keeps a package where no PATH leads. */
export function isOfNpx(env: Readonly<Record<string, string | undefined>>): boolean {
  return env['npm_lifecycle_event'] === 'npx';
}

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
