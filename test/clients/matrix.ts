import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { Era } from '../../src/mcp/eras.ts';
import type { FixtureState } from '../support/fixture/state.ts';
import { startRecorder, type Recorder } from '../support/recorder.ts';
import { describeEveryServer } from './everyServer.ts';
import { describeFixture } from './fixtureOnly.ts';
import { everything, fixture, legacyFixture, modernFixture, type ServerKind } from './servers.ts';
import type { ClientKind, ConnectOptions, Endpoint, TestClient } from './testClient.ts';
import { v1Client } from './v1Client.ts';
import { v2LegacyClient, v2ModernClient } from './v2Client.ts';

/** A way from a client to a server. */
export interface Route extends AsyncDisposable {
  /** Makes a server reachable under a name. @returns what gives a client its endpoint, by the name of the credential */
  open(name: string, serverUrl: string): Promise<(credential: string) => Endpoint | Promise<Endpoint>>;
}

/** What the tests of one combination of client, credential and server work with. */
export interface Subject {
  readonly client: ClientKind;
  readonly server: ServerKind;
  /** The era in which the server is spoken with: the client's, or the other one where the server does not speak that. */
  readonly serverEra: Era;
  /** What the server sees. */
  readonly recorder: () => Recorder;
  /** What the fixture remembers; undefined when it is not the server under test. */
  readonly fixtureState: () => FixtureState | undefined;
  connect(options?: ConnectOptions): Promise<TestClient>;
}

const CLIENTS = [v1Client, v2LegacyClient, v2ModernClient];

/** Describes every official client with every credential of a route against every server whose era it speaks. */
export function describeClients(credentials: readonly string[], startRoute: () => Promise<Route>): void {
  for (const server of [everything, fixture]) {
    const clients = CLIENTS.filter(({ era }) => server.eras.includes(era));
    describePairs(server, clients, credentials, startRoute);
  }
}

/** Describes every official client against every server that does not speak its era. */
export function describeClientsOfOtherEra(credentials: readonly string[], startRoute: () => Promise<Route>): void {
  for (const server of [everything, legacyFixture, modernFixture]) {
    const clients = CLIENTS.filter(({ era }) => !server.eras.includes(era));
    describePairs(server, clients, credentials, startRoute);
  }
}

function describePairs(
  server: ServerKind,
  clients: readonly ClientKind[],
  credentials: readonly string[],
  startRoute: () => Promise<Route>,
): void {
  describe(server.name, () => {
    let stack: AsyncDisposableStack;
    let recorder: Recorder;
    let started: Awaited<ReturnType<ServerKind['start']>>;
    let openEndpoint: Awaited<ReturnType<Route['open']>>;
    beforeAll(async () => {
      await using setUp = new AsyncDisposableStack();
      started = setUp.use(await server.start());
      recorder = setUp.use(await startRecorder(started.url));
      const route = setUp.use(await startRoute());
      openEndpoint = await route.open(server === everything ? 'everything' : 'fixture', recorder.url);
      stack = setUp.move();
    });
    afterAll(() => stack.disposeAsync());
    beforeEach(() => recorder.clear());

    const pairs = clients.flatMap((client) => credentials.map((credential) => ({ client, credential })));
    describe.each(pairs)('$client.name, $credential', ({ client, credential }) => {
      const subject: Subject = {
        client,
        server,
        serverEra: server.eras.includes(client.era) ? client.era : server.eras[0]!,
        recorder: () => recorder,
        fixtureState: () => started.state,
        async connect(options) {
          return await client.connect(await openEndpoint(credential), options);
        },
      };
      describeEveryServer(subject);
      if (server !== everything) describeFixture(subject);
    });
  });
}
