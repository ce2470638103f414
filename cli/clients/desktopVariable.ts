import { KEY_VARIABLE } from './client.ts';

/** Says how programs get the variable with the key that are not started from a shell: they see none of its exports. */
export function desktopVariableText(platform: NodeJS.Platform): string {
  const how = {
    darwin: `launchctl setenv ${KEY_VARIABLE} mcp_… (until you log out), then start it anew`,
    win32: `setx ${KEY_VARIABLE} mcp_…, then start it anew`,
    others: `a line ${KEY_VARIABLE}=mcp_… in ~/.config/environment.d/metamcp.conf, readable by you only, then log in anew`,
  };
  const named = platform === 'darwin' || platform === 'win32' ? how[platform] : how.others;
  return `A program that is started from a menu sees no export: ${named}.`;
}
