import type { WaitingTool } from '../../src/administration/toolApproval.ts';
import { stringifyLossless } from '../../src/mcp/losslessJson.ts';
import { escape } from '../output/escape.ts';

/** Characters of a member that are shown: enough to see what a tool says now. */
const MAX_SHOWN = 400;

/** Shows tools that nobody has approved as they are, with what is new or other about them. */
export function waitingToolLines(tools: readonly WaitingTool[]): string[] {
  return tools.flatMap((tool) => [`  ${escape(tool.name)} (${whyText(tool)})`, ...memberLines(tool)]);
}

/** Says why a tool waits: new, or changed with the members that differ. */
export function whyText({ why, differs = [] }: Pick<WaitingTool, 'why' | 'differs'>): string {
  return differs.length === 0 ? why : `${why}: ${differs.map(escape).join(', ')}`;
}

function memberLines({ why, differs = [], definition }: WaitingTool): string[] {
  const members = why === 'new' ? ['description'] : differs;
  return members.flatMap((member) => {
    const value = definition[member];
    if (value === undefined) return why === 'new' ? [] : [`      ${escape(member)}: none any more`];
    const text = typeof value === 'string' ? value : stringifyLossless(value);
    const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text;
    return [`      ${escape(member)}: ${escape(shown)}`];
  });
}
