import type { Row } from './matrixRow.ts';
import type { World } from './matrixWorld.ts';

/** Leads a command to the gateway of the world. */
export function gatewayEnvironment({ gateway }: Pick<World, 'gateway'>) {
  const { databaseUrl, eventStoreUrl, jwtSecret, encryptionKey } = gateway.settings;
  const secrets = { JWT_SECRET: jwtSecret, ENCRYPTION_KEY: encryptionKey };
  const stores = { DATABASE_URL: databaseUrl, EVENT_STORE_URL: eventStoreUrl, ...secrets };
  return { ...stores, SERVER_PORT: new URL(gateway.url).port };
}

/** Commands that are about the gateway, and the installation as a whole. */
export const OF_GATEWAYS: Readonly<Record<string, Row>> = {
  'log-level': {
    done: (world) => ({ argv: ['log-level', 'error'], env: gatewayEnvironment(world) }),
    refused: 'A gateway takes each level that there is; any other word is wrong usage.',
    wrong: ['log-level', 'loud'],
    unreachable: ['log-level'],
  },
  // The servers that other rows have registered do not answer.
  doctor: {
    done: (world) => ({ argv: ['doctor', '--skip', 'servers'], env: gatewayEnvironment(world) }),
    refused: {
      run: async (world) => {
        await world.cli.run(['servers', 'add', 'silent', '--url', 'http://127.0.0.1:1/mcp']);
        return { argv: ['doctor'] };
      },
      code: 'problem',
    },
    wrong: ['doctor', '--skip', 'everything'],
    unreachable: 'It reports a store that can’t be reached as a finding, and ends with 3.',
    empty: ['doctor', '--skip', 'servers'],
  },
  status: {
    done: (world) => ({ argv: ['status'], env: gatewayEnvironment(world) }),
    refused: 'It shows how things are, whatever that is.',
    wrong: ['status', 'of-what'],
    unreachable: 'It shows what it can, and ends with 3.',
    empty: ['status'],
  },
};
