import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../events/mcpServer.ts';
import type { CurrentServer } from './currentState.ts';
import { localCommand } from './localCommand.ts';
import { readMcpRemote } from './mcpRemote.ts';
import { isPlaceholderText, isPlaceholderUrl } from './placeholder.ts';
import { parseTemplate, type TemplateSyntax } from './template.ts';

/** A setting that not every format can hold. */
export type OptionalSetting =
  | 'title'
  | 'description'
  | 'isolation'
  | 'onToolChange'
  | 'limits'
  | keyof CurrentServer['input']['settings']['timeouts'];

/** Says what of a server is lost in a format that holds these settings only. */
export function losses({ name, input: { settings } }: CurrentServer, holds: readonly OptionalSetting[]): string[] {
  const { title, description, isolation, onToolChange, limits, timeouts } = settings;
  const set: Readonly<Record<OptionalSetting, boolean>> = {
    title: title !== undefined,
    description: description !== undefined,
    isolation: isolation !== 'session',
    onToolChange: onToolChange !== undefined,
    limits: Object.entries({ ...DEFAULT_LIMITS, ...limits }).some(
      ([name, value]) => value !== (DEFAULT_LIMITS as Record<string, unknown>)[name],
    ),
    connectMs: timeouts.connectMs !== DEFAULT_TIMEOUTS.connectMs,
    idleMs: timeouts.idleMs !== DEFAULT_TIMEOUTS.idleMs,
    totalMs: timeouts.totalMs !== DEFAULT_TIMEOUTS.totalMs,
    idleStopMs: timeouts.idleStopMs !== undefined,
  };
  const words = {
    onToolChange: 'on_tool_change',
    connectMs: 'connect time-out',
    idleMs: 'idle time-out',
    totalMs: 'total time-out',
    idleStopMs: 'idle stop',
  };
  const lost = Object.entries(set)
    .filter(([setting, is]) => is && !holds.some((each) => each === setting))
    .map(([setting]) => (setting in words ? words[setting as keyof typeof words] : setting));
  return lost.length === 0 ? [] : [`${name}: the format can’t hold its ${lost.join(', ')}.`];
}

/** Says which server a client connects to although it is off here. */
export function turnedOn({ name, enabled }: CurrentServer, client: string): string[] {
  if (enabled) return [];
  return [
    `${name}: it is off here, but ${client} ignores "disabled" and connects to it; turn it off there, or remove it.`,
  ];
}

/** Says whose variables a client does not fill in. */
export function unfilled({ name, input: { secrets } }: CurrentServer, client: string): string[] {
  const names = Object.keys(secrets.env).filter((variable) => secrets.env[variable] !== '');
  if (names.length === 0) return [];
  return [`${name}: ${client} fills in nothing in env; write the values of ${names.join(', ')} there yourself.`];
}

/** What a client's format would be read back as otherwise than it is: only our own can write everything. */
export function misread(
  { name, input: { settings, secrets } }: CurrentServer,
  { bareVariables, speaksSse }: { readonly bareVariables: boolean; readonly speaksSse: boolean },
): string[] {
  const syntax: TemplateSyntax = { bareVariables, foreign: 'resolve' };
  const { url, command, cwd, args = [], transport } = settings;
  const isRead = (text: string | undefined, isPlaceholder = isPlaceholderText) =>
    text === undefined || parseTemplate(text, { ...syntax, isPlaceholder }).every((part) => typeof part === 'string');
  const texts = [command, cwd, ...args];
  const lost: string[] = [];
  if (!isRead(url, isPlaceholderUrl) || !texts.every((text) => isRead(text))) {
    const what = [url, ...texts].some((text) => text?.includes('${') === true) ? '${' : 'something';
    lost.push(`its address has ${what} in it, which the format takes for a reference.`);
  }
  if (command !== undefined) lost.push(...misreadCommand(command, args, cwd));
  if (!speaksSse && transport === 'sse') lost.push('it speaks SSE, which the format can’t hold.');
  const empty = Object.keys(secrets.headers).filter((header) => secrets.headers[header] === '');
  if (empty.length > 0) lost.push(`a header without a value is left out when it is imported: ${empty.join(', ')}.`);
  return lost.map((sentence) => `${name}: ${sentence}`);
}

/** Whoever registered such a command wanted it as it stands; in a client’s file it stands for something else. */
function misreadCommand(command: string, args: readonly string[], cwd: string | undefined): string[] {
  if (readMcpRemote(command, args) !== undefined)
    return ['it runs mcp-remote, in whose place an import takes the server behind it.'];
  if (!command.startsWith('/') && command.includes('/') && (cwd === undefined || command.startsWith('~')))
    return ['its command is a relative path, which an import refuses without a folder, or takes for one of its own.'];
  if (isSame(command, args)) return [];
  return ['its command is written as on Windows, and an import takes the program in it.'];
}

function isSame(command: string, args: readonly string[]): boolean {
  try {
    const read = localCommand(command, args);
    return isDeepStrictEqual([read.command, read.args], [command, args]);
  } catch {
    return false;
  }
}
