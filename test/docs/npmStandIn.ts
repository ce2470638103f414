import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  scripts: Record<string, string>;
};

/**
 * A shell function in npm's place. npm takes longer to start than what it starts: once it has shown in a document that it
 * starts the CLI, the other commands go to what the script of package.json says.
 */
export const NPM_STAND_IN = `npm() {
  if [ "$1 $2 $3 $4" = 'run -s cli --' ]; then shift 4; ${scripts['cli']} "$@"; else command npm "$@"; fi
}`;
