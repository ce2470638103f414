import type { GoneTool } from '../../src/administration/toolDifferences.ts';
import type { WaitingTool } from '../../src/administration/toolReview.ts';
import type { Tool } from '../../src/mcp/catalogueItems.ts';
import { stringifyLossless } from '../../src/mcp/losslessJson.ts';
import { escape } from '../../src/escape.ts';
import { formatTime } from './keyView.ts';
import { valueDifferences } from './valueDifferences.ts';

/** Characters of a member that are shown: enough to see what a tool says now. */
const MAX_SHOWN = 400;
/** Differences of one tool that are shown. */
const MAX_DIFFERENCES = 40;
/** Names of tools that are gone, in one line. */
const MAX_GONE = 20;

/** Shows tools that nobody has approved as they are, with what is new or other about them. */
export function waitingToolLines(tools: readonly WaitingTool[]): string[] {
  return tools.flatMap((tool) => [`  ${escape(tool.name)} (${whyText(tool)})`, ...memberLines(tool)]);
}

/** Says why a tool waits: new, or changed with the members that differ. */
export function whyText({ why, differs = [] }: Pick<WaitingTool, 'why' | 'differs'>): string {
  return differs.length === 0 ? why : `${why}: ${differs.map(escape).join(', ')}`;
}

/** Names the approved tools that a server shows no more. */
export function goneToolLines(gone: readonly GoneTool[]): string[] {
  if (gone.length === 0) return [];
  const names = gone.slice(0, MAX_GONE).map(({ name, since }) => {
    return since === undefined ? escape(name) : `${escape(name)} (since ${formatTime(new Date(since))})`;
  });
  const more = gone.length > MAX_GONE ? ` and ${(gone.length - MAX_GONE).toLocaleString('en')} more` : '';
  return [`  Gone, and approved as they were: ${names.join(', ')}${more}`];
}

function memberLines({ why, differs, definition, former }: WaitingTool): string[] {
  if (why === 'new')
    return definition.description === undefined ? [] : valueLines('description', definition.description);
  if (former !== undefined) return differenceLines(former, definition, differs);
  return (differs ?? []).flatMap((member) => valueLines(member, definition[member]));
}

/** What it was stands under what it is. */
function differenceLines(former: Tool, now: Tool, differs: readonly string[] | undefined): string[] {
  const members = differs ?? [...new Set([...Object.keys(former), ...Object.keys(now)])].sort();
  const all = members.flatMap((member) => valueDifferences(member, former[member], now[member]));
  const lines = all
    .slice(0, MAX_DIFFERENCES)
    .flatMap(({ path, before, after }) => [...valueLines(path, after), `        before: ${shown(before) ?? 'none'}`]);
  const more = all.length - MAX_DIFFERENCES;
  return more > 0 ? [...lines, `      and ${more.toLocaleString('en')} more differences`] : lines;
}

function valueLines(name: string, value: unknown): string[] {
  return [`      ${escape(name)}: ${shown(value) ?? 'none any more'}`];
}

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : stringifyLossless(value);
  return escape(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text);
}
