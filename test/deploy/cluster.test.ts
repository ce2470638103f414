import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { interpolate, readComposeFile, ROOT } from './composeFile.ts';

/** The client's own reading of a connection string, which it does not export. */
const { parseConnectionString } = createRequire(import.meta.url)(
  '@eventstore/db-client/dist/Client/parseConnectionString.js',
) as {
  parseConnectionString(url: string): {
    dnsDiscover: boolean;
    hosts: { address: string; port: number }[];
    tls?: boolean;
    tlsCAFile?: string;
    defaultCredentials?: { username: string; password: string };
  };
};

const PASSWORD = 'p@ss:word';
const cluster = interpolate(readComposeFile('compose.cluster.yml'), {
  POSTGRES_PASSWORD: 'p',
  JWT_SECRET: 'j',
  ENCRYPTION_KEY: 'e',
  EVENT_STORE_PASSWORD: encodeURIComponent(PASSWORD),
});
const nodes = Object.keys(cluster.services).filter((name) => name.startsWith('eventstore'));
const gateways = Object.keys(cluster.services).filter((name) => name.startsWith('gateway'));
const nginx = readFileSync(new URL('deploy/nginx.conf', ROOT), 'utf8');

describe('the cluster', () => {
  test('has three nodes, each of which knows the two others and calls itself by its name', () => {
    expect(nodes).toHaveLength(3);
    for (const name of nodes) {
      const { environment } = cluster.services[name]!;
      expect(environment).toMatchObject({
        KURRENTDB_CLUSTER_SIZE: '3',
        KURRENTDB_NODE_HOST_ADVERTISE_AS: name,
        KURRENTDB_REPLICATION_HOST_ADVERTISE_AS: name,
        KURRENTDB_GOSSIP_SEED: nodes
          .filter((other) => other !== name)
          .map((other) => `${other}:2113`)
          .join(','),
      });
      expect(environment).not.toHaveProperty('KURRENTDB_INSECURE');
    }
  });

  test('gives each node its own key, and the key that signs them to none', () => {
    const { command, volumes: made } = cluster.services['certificates']!;
    expect(command?.slice(2)).toEqual(nodes);
    for (const [index, name] of nodes.entries()) {
      const own = `certificate${index + 1}`;
      expect(made).toContain(`${own}:/certificates/${name}`);
      expect(cluster.services[name]!.volumes).toEqual([
        `${name}:/var/lib/kurrentdb`,
        'trust:/certificates/trust:ro',
        `${own}:/certificates/node:ro`,
      ]);
    }
    const holders = Object.entries(cluster.services).filter(([, { volumes }]) =>
      volumes.some((volume) => volume.startsWith('authority:')),
    );
    expect(holders.map(([name]) => name)).toEqual(['certificates']);
  });

  test.each(gateways)('%s asks any node for the leader, over TLS that it can check', (name) => {
    const { environment, volumes } = cluster.services[name]!;
    const options = parseConnectionString(environment['EVENT_STORE_URL']!);
    expect(options).toMatchObject({
      // Of esdb+discover:// the client takes the first host only.
      dnsDiscover: false,
      hosts: nodes.map((address) => ({ address, port: 2113 })),
      tls: true,
      tlsCAFile: '/certificates/trust/ca.crt',
    });
    expect(volumes).toContain('trust:/certificates/trust:ro');
  });

  test('a password that is percent-encoded in the URL is the one that the nodes are made with', () => {
    const url = cluster.services['gateway1']!.environment['EVENT_STORE_URL']!;
    expect(parseConnectionString(url).defaultCredentials).toEqual({ username: 'admin', password: PASSWORD });
  });

  test('its gateways differ in their name and their address alone', () => {
    expect(gateways).toHaveLength(2);
    const [first, second] = gateways.map((name) => {
      const service = cluster.services[name]!;
      const environment = { ...service.environment, SERVER_PEER_URL: '' };
      return { ...service, hostname: '', environment, networks: Object.keys(service.networks) };
    });
    expect(first).toEqual(second);
    expect(gateways.map((name) => cluster.services[name]!.hostname)).toEqual(gateways);
  });

  test('its gateways believe nginx, and nobody else, about who asks; each has an address where the other one reaches it', () => {
    const addressIn = (name: string) => cluster.services[name]!.networks['edge']?.ipv4_address ?? '';
    for (const name of gateways) {
      const { trustedProxies, peerUrl } = readSettings({ env: cluster.services[name]!.environment, cwd: '/nowhere' });
      expect(trustedProxies).toEqual([addressIn('nginx')]);
      expect(peerUrl).toBe(`http://${addressIn(name)}:12009`);
    }
    expect(nginx).toMatch(/^ *proxy_set_header X-Forwarded-For \$remote_addr;$/m);
    // A container that comes first would take an address that the network hands out.
    const { subnet, ip_range } = cluster.networks['edge']!.ipam!.config[0];
    const fixed = ['nginx', ...gateways].map(addressIn);
    expect(new Set(fixed).size).toBe(3);
    for (const address of fixed)
      expect([contains(subnet, address), contains(ip_range, address)]).toEqual([true, false]);
  });

  test('nginx spreads requests over all gateways, and takes bodies as large as they do', () => {
    const port = cluster.services['nginx']!.ports[0]!.split(':').at(-1)!;
    expect([...nginx.matchAll(/^ *server (\w+):(\d+) /gm)].map(([, host, at]) => [host, at])).toEqual(
      gateways.map((name) => [name, '12009']),
    );
    expect(/^ *listen (\d+);/m.exec(nginx)?.[1]).toBe(port);
    for (const name of gateways) {
      expect(/^ *client_max_body_size (\d+);/m.exec(nginx)?.[1]).toBe(
        cluster.services[name]!.environment['SERVER_MAX_BODY_BYTES'],
      );
    }
  });
});

function contains(network: string, address: string): boolean {
  const [base = '', prefix] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(prefix));
  return list.check(address);
}
