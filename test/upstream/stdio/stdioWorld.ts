import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import { createLogger } from '../../../src/logging/logger.ts';
import type { Era } from '../../../src/mcp/eras.ts';
import { DEFAULT_SLOT_LIMITS } from '../../../src/upstream/stdio/programSlots.ts';
import { ProcessPool } from '../../../src/upstream/stdio/processPool.ts';
import { Programs } from '../../../src/upstream/stdio/programs.ts';
import { DEFAULT_STDIO_SETTINGS } from '../../../src/upstream/stdio/stdioSettings.ts';
import type { Outlet, Received, UpstreamWorld } from '../../contract/upstreamWorld.ts';

const RELAY = join(import.meta.dirname, 'programs', 'relay.ts');
const clientInfo = { name: 'metamcp', version: '1.2.3' };
const SERVER_INFO = { name: 'scripted', version: '7' };
const ABOUT_ITSELF = { capabilities: { tools: { listChanged: true }, logging: {} }, instructions: 'Use it well.' };

/** Servers of one era that are programs, and the gateway's watcher, which they share. */
export interface StdioWorld extends UpstreamWorld, AsyncDisposable {
  readonly programs: Programs;
}

export function stdioWorld(era: Era): StdioWorld {
  const logger = createLogger('silent');
  const programs = new Programs({ inherited: process.env, settings: DEFAULT_STDIO_SETTINGS, logger });
  const pool = new ProcessPool({
    programs,
    register: { open: () => () => undefined },
    settings: DEFAULT_STDIO_SETTINGS,
    limits: DEFAULT_SLOT_LIMITS,
    clientInfo,
    logger,
  });
  return {
    era,
    isOneChannel: true,
    programs,
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await programs[Symbol.asyncDispose]();
    },
    async open(behaviour = {}, { timeouts, capabilities = {}, isMute = false } = {}) {
      const received: Received[] = [];
      const cancelled: unknown[] = [];
      const listeners: Outlet[] = [];
      const byId = new Map<unknown, Outlet>();

      const serve = (socket: Socket): void => {
        const send = async (message: object): Promise<void> => {
          if (!socket.write(`${JSON.stringify(message)}\n`))
            await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
        };
        const outlet: Outlet = {
          send,
          sendText: (text) => void socket.write(`${text}\n`),
          end: () => undefined,
          die: () => socket.destroy(),
        };
        const forget = (id: unknown): void => {
          const listener = byId.get(id);
          if (listener !== undefined) listeners.splice(listeners.indexOf(listener), 1);
          byId.delete(id);
        };
        /** Each message of a subscription names it (MCP 2026-07-28, basic/patterns/subscriptions). */
        const subscribe = (id: unknown): Outlet => ({
          ...outlet,
          send: (message) => {
            const { params, ...rest } = message as { params?: object };
            return send({ ...rest, params: { ...params, _meta: { 'io.modelcontextprotocol/subscriptionId': id } } });
          },
          end: () => {
            forget(id);
            void send({ jsonrpc: '2.0', id, result: { resultType: 'complete' } });
          },
        });
        const answer = (id: unknown, result: object) => send({ jsonrpc: '2.0', id, result });
        socket.on('error', () => undefined);
        createInterface({ input: socket }).on('line', (line) => {
          const message = JSON.parse(line) as Received;
          const { id, method, params } = message;
          if (era === 'modern' && method === 'server/discover') {
            const _meta = { 'io.modelcontextprotocol/serverInfo': SERVER_INFO };
            void answer(id, {
              ...ABOUT_ITSELF,
              supportedVersions: ['2026-07-28'],
              ttlMs: 0,
              cacheScope: 'private',
              _meta,
            });
          } else if (era === 'legacy' && method === 'initialize') {
            void answer(id, { ...ABOUT_ITSELF, protocolVersion: '2025-11-25', serverInfo: SERVER_INFO });
          } else if (method === 'notifications/cancelled') {
            if (!byId.has(params?.['requestId'])) cancelled.push(params?.['requestId']);
            forget(params?.['requestId']);
          } else if (method === 'subscriptions/listen' && era === 'modern' && !isMute) {
            const listener = subscribe(id);
            byId.set(id, listener);
            listeners.push(listener);
            const notifications = params?.['notifications'];
            void listener.send({
              jsonrpc: '2.0',
              method: 'notifications/subscriptions/acknowledged',
              params: { notifications },
            });
          } else if (method !== 'notifications/initialized') {
            const isProbe = method === 'server/discover' || method === 'subscriptions/listen';
            if (!isProbe) received.push(message);
            const answerIt = behaviour[method ?? ''];
            if (answerIt !== undefined) answerIt(message, outlet);
            else if (id !== undefined && method !== undefined) {
              void send({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } });
            }
          }
        });
      };

      const folder = mkdtempSync(join(tmpdir(), 'metamcp-stdio-'));
      const path = join(folder, 'socket');
      const server = createServer(serve).listen(path);
      await once(server, 'listening');
      const close = async () => {
        server.close();
        rmSync(folder, { recursive: true });
      };
      try {
        const program = { command: process.execPath, args: [RELAY, path], cwd: undefined, env: {} };
        const upstream = await pool.open(
          {
            name: 'github',
            id: 'github',
            enabled: true,
            transport: 'stdio',
            url: undefined,
            headers: {},
            program: { ...program, isolation: 'session' },
            timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
            limits: DEFAULT_LIMITS,
            revision: 0,
          },
          { client: { clientInfo, capabilities }, era: undefined },
        );
        return {
          upstream,
          received,
          cancelled,
          listeners,
          async [Symbol.asyncDispose]() {
            await upstream[Symbol.asyncDispose]();
            await close();
          },
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
}
