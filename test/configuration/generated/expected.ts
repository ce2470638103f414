import { serverNameFrom } from '../../../src/configuration/serverNames.ts';
import { CLIENTS } from './clients.ts';
import type { GeneratedHeader, GeneratedServer } from './model.ts';

/** What an import makes of a server in a client’s file. */
export interface Expected {
  readonly outcome: 'create' | 'skip' | 'refuse';
  readonly transport: 'http' | 'sse' | 'stdio';
  /** Headers, or the variables of a server that is started. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Says what a server comes to, from the model alone. */
export function expectedOf(server: GeneratedServer, all: readonly GeneratedServer[], clientName: string): Expected {
  const { local } = server;
  const secrets = Object.fromEntries(
    server.headers.flatMap((header) => {
      const outcome = isLeftOut(header, server) ? 'absent' : header.outcome;
      if (typeof outcome === 'object') return [[header.name, outcome.value] as const];
      // A variable may be empty.
      return local !== undefined && outcome === 'absent' && header.text !== null
        ? [[header.name, header.text] as const]
        : [];
    }),
  );
  const transport = local !== undefined ? 'stdio' : isSse(server, clientName) ? 'sse' : 'http';
  const rivals = all.filter((other) => other !== server && serverNameFrom(other.name) === serverNameFrom(server.name));
  const isFaulty =
    server.toggle.enabled === 'unclear' ||
    isUnreadable(server, clientName) ||
    rivals.some((rival) => isRival(rival, server, clientName)) ||
    server.headers.some((header) => !isLeftOut(header, server) && isRefused(header, clientName));
  if (!isFaulty) return { outcome: 'create', transport, secrets };
  return { outcome: server.toggle.enabled === false ? 'skip' : 'refuse', transport, secrets };
}

/** What is off makes way for what is on. */
function isRival(rival: GeneratedServer, server: GeneratedServer, clientName: string): boolean {
  const { enabled } = rival.toggle;
  if (isUnreadable(rival, clientName) || enabled === 'unclear') return false;
  return enabled || server.toggle.enabled === false;
}

/** In Gemini’s files, `$name` is a variable wherever it stands. */
function isRefused({ text, outcome }: GeneratedHeader, clientName: string): boolean {
  const isLiteral = typeof outcome === 'object' && outcome.value === text;
  return outcome === 'refused' || (clientName === 'gemini' && isLiteral && /\$[A-Za-z_]/.test(text));
}

/** Without a type, the end of the URL tells. */
function isSse({ path }: GeneratedServer, clientName: string): boolean {
  return CLIENTS[clientName]?.statesHttp !== true && /\/sse\/?(?:\?|$)/.test(path);
}

/** TOML’s numbers come without their text. */
function isUnreadable({ headers }: GeneratedServer, clientName: string): boolean {
  const isNumber = ({ bare, text }: GeneratedHeader) => bare && text !== 'true' && text !== 'false';
  return CLIENTS[clientName]?.isToml === true && headers.some(isNumber);
}

/** Headers that the gateway sends itself. */
function isLeftOut({ name }: GeneratedHeader, { local }: GeneratedServer): boolean {
  return local === undefined && (name === 'Content-Type' || name === 'accept');
}
