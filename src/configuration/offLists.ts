import { enablementOf } from './enablement.ts';
import { isRecord, type JsonRecord } from './entryMembers.ts';

/** Lists of servers that are off, beside the servers: Gemini’s and Claude Code’s settings. */
const OFF = [
  'excludeMCPServers',
  'disabledServers',
  'disabledMcpServers',
  'disabledMcpjsonServers',
  'deniedMcpServers',
];
/** Lists of the only ones that are on. */
const ON = ['allowMCPServers', 'allowedMcpServers'];

/** Reads which servers a file turns off elsewhere than in their entries: by name, or all of them. */
export function readOffLists(file: JsonRecord): (name: string) => boolean {
  const settings = isRecord(file['mcp']) ? file['mcp'] : {};
  const off = new Set([settings['excluded'], ...OFF.map((member) => file[member])].flatMap(namesIn));
  const on = [settings['allowed'], ...ON.map((member) => file[member])]
    .filter((list) => Array.isArray(list))
    .map((list) => new Set(namesIn(list)))
    // A list of something else than names tells nothing of them.
    .filter((names) => !names.has(undefined));
  const allOff = [file, settings].some(
    ({ enabled, disabled }) => enablementOf({ enabled, disabled }).enabled === false,
  );
  return (name) => allOff || off.has(name) || on.some((names) => !names.has(name));
}

/** A name, or `{ "serverName": … }`. */
function namesIn(list: unknown): (string | undefined)[] {
  if (!Array.isArray(list)) return [];
  return list.map((each: unknown) => {
    const name = isRecord(each) ? (each['serverName'] ?? each['name']) : each;
    return typeof name === 'string' ? name : undefined;
  });
}
