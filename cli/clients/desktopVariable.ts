import { KEY_VARIABLE } from './client.ts';

/** Says how programs get the variable with the key that are not started from a shell: they see none of its exports. */
export function desktopVariableText(platform: NodeJS.Platform): string {
  const how = {
    darwin: `run launchctl setenv ${KEY_VARIABLE} mcp_… (it holds until you log out) and start the program again`,
    win32: `run setx ${KEY_VARIABLE} mcp_… and start the program again`,
    others: `put the line ${KEY_VARIABLE}=mcp_… into ~/.config/environment.d/metamcp.conf, readable by you only, and log in again`,
  };
  const named = platform === 'darwin' || platform === 'win32' ? how[platform] : how.others;
  return `A program that is started from a menu does not see that: ${named}.`;
}
