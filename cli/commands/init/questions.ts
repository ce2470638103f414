import { AppError } from '../../../src/errors/appError.ts';
import { SERVER_NAME } from '../../../src/events/mcpServer.ts';
import { CLIENTS } from '../../clients/client.ts';
import { CLIENT_NAMES, type ClientName } from '../../clients/clientNames.ts';
import { escape } from '../../../src/escape.ts';
import { ask, askHidden, type Terminal } from '../../input/prompt.ts';
import type { Existing } from './existing.ts';
import { checkServer, type Setup, type NewServer } from './setup.ts';

/** What the options state already: there is no question about it. */
export interface StatedSetup extends Setup {
  readonly hasClients: boolean;
}

/** Asks a person for what the options do not state. @throws Refused `interrupted`: nothing has been changed */
export async function askForSetup(terminal: Terminal, stated: StatedSetup, existing: Existing): Promise<Setup> {
  const servers =
    stated.servers.length > 0 || existing.servers.length > 0 ? stated.servers : await askForServer(terminal);
  const keyName = stated.keyName ?? (existing.keys.length > 0 ? undefined : await askForKeyName(terminal));
  const clients = stated.hasClients ? stated.clients : await askForClients(terminal);
  return { servers, keyName, clients };
}

async function askForServer(terminal: Terminal): Promise<NewServer[]> {
  for (;;) {
    const url = await ask(terminal, 'The URL of a first MCP server, as https://host/mcp (Enter: later): ');
    if (url === '') return [];
    const suggested = suggestName(url);
    const name = (await ask(terminal, `A name for it [${suggested}]: `)) || suggested;
    const credential = await askHidden(terminal, 'Its Authorization header, as Bearer … (not shown; Enter: none): ');
    const server = { name, url, headers: credential === '' ? {} : { Authorization: credential } };
    try {
      checkServer(server);
      return [server];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      terminal.stderr.write(`${escape(error.message)}\n`);
    }
  }
}

/** The part of the host that tells most: github for https://mcp.github.example/. */
function suggestName(url: string): string {
  const labels = (URL.parse(url)?.hostname ?? '').split('.').filter((label) => !/^(www|mcp|api|\d*)$/.test(label));
  const name = (labels.at(-2) ?? labels[0] ?? '').toLowerCase();
  return SERVER_NAME.test(name) ? name : 'first';
}

async function askForKeyName(terminal: Terminal): Promise<string> {
  for (;;) {
    const name = (await ask(terminal, `A name for the first key [${DEFAULT_KEY_NAME}]: `)) || DEFAULT_KEY_NAME;
    if (name.length <= 256) return name;
  }
}

async function askForClients(terminal: Terminal): Promise<ClientName[]> {
  const choices = CLIENT_NAMES.map((name) => `${name} (${CLIENTS[name].title})`).join(', ');
  for (;;) {
    const text = await ask(terminal, `Which clients will use it? ${choices}; Enter: none\n> `);
    const chosen = text.split(/[\s,]+/).filter((part) => part !== '');
    const names = CLIENT_NAMES.filter((name) => chosen.includes(name));
    if (names.length === new Set(chosen).size) return names;
  }
}

/** The name of a first key without another one. */
export const DEFAULT_KEY_NAME = 'first';
