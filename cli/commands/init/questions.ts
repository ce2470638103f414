import { AppError } from '../../../src/errors/appError.ts';
import { SERVER_NAME } from '../../../src/events/mcpServer.ts';
import { CLIENT_NAMES, CLIENTS, type ClientName } from '../../clients/client.ts';
import { escape } from '../../output/escape.ts';
import { ask, askHidden, type Terminal } from '../../input/prompt.ts';
import type { Existing } from './existing.ts';
import { checkServer, type Wish, type WishedServer } from './wish.ts';

/** What was given by flags is not asked for. */
export interface Given extends Wish {
  readonly hasClients: boolean;
}

/** Asks a person for what was not given. @throws Refused `interrupted`: nothing has been changed */
export async function askForWish(terminal: Terminal, given: Given, existing: Existing): Promise<Wish> {
  const servers =
    given.servers.length > 0 || existing.servers.length > 0 ? given.servers : await askForServer(terminal);
  const keyName = given.keyName ?? (existing.keys.length > 0 ? undefined : await askForKeyName(terminal));
  const clients = given.hasClients ? given.clients : await askForClients(terminal);
  return { servers, keyName, clients };
}

async function askForServer(terminal: Terminal): Promise<WishedServer[]> {
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

/** The most telling part of the host: github for https://mcp.github.example/. */
function suggestName(url: string): string {
  const words = (URL.parse(url)?.hostname ?? '').split('.').filter((word) => !/^(www|mcp|api|\d*)$/.test(word));
  const name = (words.at(-2) ?? words[0] ?? '').toLowerCase();
  return SERVER_NAME.test(name) ? name : 'first';
}

async function askForKeyName(terminal: Terminal): Promise<string> {
  for (;;) {
    const name = (await ask(terminal, `A name for the first key [${DEFAULT_KEY_NAME}]: `)) || DEFAULT_KEY_NAME;
    if (name.length <= 256) return name;
  }
}

async function askForClients(terminal: Terminal): Promise<ClientName[]> {
  const known = CLIENT_NAMES.map((name) => `${name} (${CLIENTS[name].title})`).join(', ');
  for (;;) {
    const text = await ask(terminal, `Which clients will use it? ${known}; Enter: none\n> `);
    const words = text.split(/[\s,]+/).filter((word) => word !== '');
    const names = CLIENT_NAMES.filter((name) => words.includes(name));
    if (names.length === new Set(words).size) return names;
  }
}

/** Of a key that nobody has named. */
export const DEFAULT_KEY_NAME = 'first';
