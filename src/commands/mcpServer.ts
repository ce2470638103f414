import { Invalid, NotFound, Refused } from '../errors/appError.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { McpServerEvent, ServerSettings } from '../events/mcpServer.ts';
import type { Decider } from './decider.ts';

// Commands

export type McpServerCommand =
  | { readonly type: 'Register'; readonly settings: ServerSettings }
  | { readonly type: 'Update'; readonly settings: ServerSettings; readonly reason?: string | undefined }
  | { readonly type: 'Disable'; readonly reason?: string | undefined }
  | { readonly type: 'Enable'; readonly reason?: string | undefined }
  | { readonly type: 'Delete'; readonly reason?: string | undefined };

// State

interface Existing {
  readonly settings: ServerSettings;
  /** Every data encryption key used since the registration: all of them go when the server goes. */
  readonly deks: readonly string[];
}

export type McpServerState =
  | { readonly status: 'none' }
  | ({ readonly status: 'enabled' | 'disabled' } & Existing)
  | { readonly status: 'deleted' };

// Evolve

function evolve(state: McpServerState, event: McpServerEvent): McpServerState {
  if (event.type === 'McpServerRegistered') {
    return { status: 'enabled', settings: event.data, deks: withDek([], event.data) };
  }
  if (state.status === 'none' || state.status === 'deleted') return state;
  switch (event.type) {
    case 'McpServerUpdated': {
      const { reason: _reason, ...settings } = event.data;
      return { ...state, settings, deks: withDek(state.deks, settings) };
    }
    case 'McpServerDisabled':
      return { ...state, status: 'disabled' };
    case 'McpServerEnabled':
      return { ...state, status: 'enabled' };
    case 'McpServerDeleted':
      return { status: 'deleted' };
  }
}

function withDek(deks: readonly string[], { sealed }: ServerSettings): readonly string[] {
  return sealed === undefined || deks.includes(sealed.dek) ? deks : [...deks, sealed.dek];
}

// Decide

function decide(command: McpServerCommand, state: McpServerState): McpServerEvent[] {
  switch (command.type) {
    case 'Register': {
      // A deleted server's name may be used again: its stream goes on.
      if (state.status === 'enabled' || state.status === 'disabled') {
        if (canonicalJson(state.settings) === canonicalJson(command.settings)) return [];
        throw new Refused(
          'server-exists',
          'A server with this name exists already: update it, or choose another name.',
        );
      }
      checkTransport(command.settings);
      return [{ type: 'McpServerRegistered', data: command.settings }];
    }
    case 'Update': {
      if (canonicalJson(existingServer(state).settings) === canonicalJson(command.settings)) return [];
      checkTransport(command.settings);
      return [{ type: 'McpServerUpdated', data: { ...command.settings, reason: command.reason } }];
    }
    case 'Disable': {
      if (existingServer(state).status === 'disabled') return [];
      return [{ type: 'McpServerDisabled', data: { reason: command.reason } }];
    }
    case 'Enable': {
      if (existingServer(state).status === 'enabled') return [];
      return [{ type: 'McpServerEnabled', data: { reason: command.reason } }];
    }
    case 'Delete': {
      if (state.status === 'deleted') return [];
      return [{ type: 'McpServerDeleted', data: { reason: command.reason, deks: [...existingServer(state).deks] } }];
    }
  }
}

/** @throws NotFound `server-not-found` */
export function existingServer(state: McpServerState): Extract<McpServerState, Existing> {
  if (state.status === 'none' || state.status === 'deleted') {
    throw new NotFound('server-not-found', 'There is no such server. See: metamcp-cli servers list');
  }
  return state;
}

/** Each transport needs its address and nothing of the other's. */
function checkTransport({ transport, url, command, args, cwd }: ServerSettings): void {
  if (transport === 'stdio') {
    if (command === undefined) throw new Invalid('server-command-required', 'A stdio server needs a command.');
    if (url !== undefined) throw new Invalid('server-url-unexpected', 'A stdio server has no URL.');
  } else {
    if (url === undefined) throw new Invalid('server-url-required', 'An HTTP server needs a URL.');
    if (command !== undefined || args !== undefined || cwd !== undefined) {
      throw new Invalid('server-command-unexpected', 'An HTTP server has no command.');
    }
  }
}

/** What a configured MCP server may go through. docs/architecture.md, Write path. */
export const mcpServer: Decider<McpServerState, McpServerCommand, McpServerEvent> = {
  category: 'mcpServer',
  initial: { status: 'none' },
  stateVersion: 1,
  evolve,
  decide,
};
