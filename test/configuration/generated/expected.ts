import { serverNameFrom } from '../../../src/configuration/serverNames.ts';
import { CLIENTS } from './clients.ts';
import type { GeneratedHeader, GeneratedServer } from './model.ts';

/** What an import makes of a server in a client’s file. */
export interface Expected {
  readonly outcome: 'create' | 'skip' | 'refuse';
  readonly headers: Readonly<Record<string, string>>;
}

/** Says what a server comes to, from the model alone. */
export function expectedOf(server: GeneratedServer, all: readonly GeneratedServer[], clientName: string): Expected {
  const headers = Object.fromEntries(
    server.headers.flatMap((header) => {
      const outcome = isGatewaysOwn(header) ? 'absent' : header.outcome;
      return typeof outcome === 'object' ? [[header.name, outcome.value] as const] : [];
    }),
  );
  if (!isServed(server, clientName)) return { outcome: 'skip', headers };
  const rivals = all.filter((other) => other !== server && serverNameFrom(other.name) === serverNameFrom(server.name));
  const isFaulty =
    server.toggle.enabled === 'unclear' ||
    isUnreadable(server, clientName) ||
    rivals.some((rival) => isRival(rival, server, clientName)) ||
    server.headers.some((header) => !isGatewaysOwn(header) && isRefused(header, clientName));
  if (!isFaulty) return { outcome: 'create', headers };
  return { outcome: server.toggle.enabled === false ? 'skip' : 'refuse', headers };
}

/** What is off makes way for what is on. */
function isRival(rival: GeneratedServer, server: GeneratedServer, clientName: string): boolean {
  const { enabled } = rival.toggle;
  if (!isServed(rival, clientName) || isUnreadable(rival, clientName) || enabled === 'unclear') return false;
  return enabled || server.toggle.enabled === false;
}

/** In Gemini’s files, `$name` is a variable wherever it stands. */
function isRefused({ text, outcome }: GeneratedHeader, clientName: string): boolean {
  const isLiteral = typeof outcome === 'object' && outcome.value === text;
  return outcome === 'refused' || (clientName === 'gemini' && isLiteral && /\$[A-Za-z_]/.test(text));
}

function isServed({ isLocal, path }: GeneratedServer, clientName: string): boolean {
  return !isLocal && (CLIENTS[clientName]?.statesHttp === true || !/\/sse\/?(?:\?|$)/.test(path));
}

/** TOML’s numbers come without their text. */
function isUnreadable({ headers }: GeneratedServer, clientName: string): boolean {
  const isNumber = ({ bare, text }: GeneratedHeader) => bare && text !== 'true' && text !== 'false';
  return CLIENTS[clientName]?.isToml === true && headers.some(isNumber);
}

function isGatewaysOwn({ name }: GeneratedHeader): boolean {
  return name === 'Content-Type' || name === 'accept';
}
