import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { FixtureState } from '../support/fixture/state.ts';
import { startRecorder, type Recorder } from '../support/recorder.ts';
import { describeEveryServer } from './everyServer.ts';
import { describeFixture } from './fixtureOnly.ts';
import { everything, fixture, type ServerKind } from './servers.ts';
import type { ClientKind, ConnectOptions, Endpoint, TestClient } from './testClient.ts';
import { v1Client } from './v1Client.ts';
import { v2LegacyClient, v2ModernClient } from './v2Client.ts';

/** A way from a client to a server. */
export interface Route extends AsyncDisposable {
  /** Makes a server reachable under a name, once per credential. */
  open(name: string, serverUrl: string): Promise<readonly (Endpoint & { readonly credential: string })[]>;
}

/** What the tests of one combination of client, credential and server work with. */
export interface Subject {
  readonly client: ClientKind;
  readonly server: ServerKind;
  /** What the server sees. */
  readonly recorder: () => Recorder;
  /** What the fixture remembers; undefined when it is not the server under test. */
  readonly fixtureState: () => FixtureState | undefined;
  connect(options?: ConnectOptions): Promise<TestClient>;
}

const SERVERS = [everything, fixture];
const CLIENTS = [v1Client, v2LegacyClient, v2ModernClient];

/** Describes every official client with every credential of a route against every server whose era it speaks. */
export function describeClients(credentials: readonly string[], startRoute: () => Promise<Route>): void {
  for (const server of SERVERS) {
    describe(server.name, () => {
      let stack: AsyncDisposableStack;
      let recorder: Recorder;
      let started: Awaited<ReturnType<ServerKind['start']>>;
      let endpoints: Awaited<ReturnType<Route['open']>>;
      beforeAll(async () => {
        await using setUp = new AsyncDisposableStack();
        started = setUp.use(await server.start());
        recorder = setUp.use(await startRecorder(started.url));
        const route = setUp.use(await startRoute());
        endpoints = await route.open(server === everything ? 'everything' : 'fixture', recorder.url);
        stack = setUp.move();
      });
      afterAll(() => stack.disposeAsync());
      beforeEach(() => recorder.clear());

      const clients = CLIENTS.filter(({ era }) => server.eras.includes(era));
      const pairs = clients.flatMap((client) => credentials.map((credential) => ({ client, credential })));
      describe.each(pairs)('$client.name, $credential', ({ client, credential }) => {
        const subject: Subject = {
          client,
          server,
          recorder: () => recorder,
          fixtureState: () => started.state,
          connect(options) {
            const endpoint = endpoints.find((candidate) => candidate.credential === credential);
            if (endpoint === undefined) throw new Error(`no endpoint ${credential}`);
            return client.connect(endpoint, options);
          },
        };
        describeEveryServer(subject);
        if (server === fixture) describeFixture(subject);
      });
    });
  }
}
