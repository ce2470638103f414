import { inheritedVariables } from '../../inheritedVariables.ts';
import { Invalid } from '../../errors/appError.ts';
import { MARKER } from './programTree.ts';

/** Where programs are looked for when neither the gateway nor the configuration names a path. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * Makes the whole environment of a program.
 * @param inherited the gateway's own
 * @param configured the server's, which wins
 * @throws Invalid `environment-invalid`
 */
export function programEnvironment(
  server: string,
  inherited: Readonly<Record<string, string | undefined>>,
  configured: Readonly<Record<string, string>>,
  mark: string,
): Record<string, string> {
  const environment: Record<string, string> = { PATH: DEFAULT_PATH, ...inheritedVariables(inherited) };
  for (const [name, value] of Object.entries(configured)) {
    const fault = faultOf(name, value);
    if (fault !== undefined) {
      throw new Invalid('environment-invalid', `The environment of the server "${server}" ${fault}.`, {
        data: { server },
      });
    }
    environment[name] = value;
  }
  // Last: no configuration may hide a program from the gateway.
  environment[MARKER] = mark;
  return environment;
}

/** The value may be secret, and a name that is none may be a value at the wrong place. */
function faultOf(name: string, value: string): string | undefined {
  if (name === '') return 'has a variable without a name';
  if (name.includes('=') || name.includes('\0')) return 'has a variable whose name holds "=" or a NUL character';
  return value.includes('\0') ? `has a NUL character in ${name}, which no variable can hold` : undefined;
}
