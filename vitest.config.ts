import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { LongFirst } from './test/support/longFirst.ts';
import { PROGRAM_ENVIRONMENT } from './test/support/programEnvironment.ts';

/** Pure code: neither a database nor a socket nor a process, and so a worker takes one file after the other. */
const UNIT = [
  'test/{escape,growingBuffer,ids,plainFault,projects,requirements,slices}.test.ts',
  'test/{access,calls,configuration,limits,logging,mcp,settings,workers}/**/*.test.ts',
  'test/{api/foundHealth,api/repeatedMember,audit/streamTable,audit/whoCould,deploy/cluster,deploy/dockerfile,docs/architecture}.test.ts',
  'test/{front/boundedLog,front/network,tui/frames,vault/localSecrets,vault/masterKey}.test.ts',
  'test/{live/lease,live/memory,live/memoryRaces,live/serverPlace,postgres/sql,upstream/decodedAnswer,upstream/idleLife,upstream/pace,upstream/sessionState,upstream/stdio/crashes,usage/counters}.test.ts',
  'test/catalogue/{catalogueDigest,largeLists}.test.ts',
  'test/auth/{credential,fingerprint,keyFormat,tokens}.test.ts',
  'test/cli/{clients/edit,clients/yamlEdit,input/duration,input/moment,output/table,tools/typedArguments,views/auditView}.test.ts',
  'test/commands/{apiKey,mcpCatalogue,mcpServer,streamRepair}.test.ts',
  'test/events/{catalogue,encodeEvents,hashChain,serverUrl,time}.test.ts',
  'test/proxy/{aggregate/view,answerLog,bytes,jsonPlaces,messages/posted,rewrittenSseAnswer,taskAnswer,toolListFilter}.test.ts',
  'test/upstream/aggregate/{exposedNames,findTemplate,listMemory,memberIds,mergedList,qualifiedUris}.test.ts',
  'test/tui/{activityUsage,attention,catalogueTimeline,copying,formTyping,lists,newPane/newPane,serverForms,state,toolForm,toolFormChoices,toolFormPaste,toolFormSchemas}.test.ts',
];

const STORES = [
  'test/{audit,commands,eventStoreDb,eventStoreServer,events,live,postgres,projections,usage,vault}/**/*.test.ts',
];

const PROGRAMS = [
  'test/{cli,deploy,docs,embedded,examples,faults,tui}/**/*.test.ts',
  'test/{boundedRead,npmScripts,package}.test.ts',
];

/** What goes through a whole gateway runs on each event store; the official clients' calls reach none. */
const ON_EVERY_STORE = [
  'test/administration/{apiKeys,hashChain,mcpServers}.test.ts',
  'test/api/api.test.ts',
  'test/gateway/{memory,outage,restart,revocation}.test.ts',
];
/** The same for what needs several processes, which can't share a memory. */
const IN_SEVERAL_PROCESSES = [
  'test/cli/{keys,servers}.test.ts',
  'test/gateway/{crash,replicas,shredding,threeGateways}.test.ts',
];
/** What says something of EventStoreDB only. */
const ON_EVENT_STORE_DB = ['test/cli/brokenHistories.test.ts'];

/** Packages of others have tests, too. */
const FOREIGN = '**/node_modules/**';

function project(name: string, test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: { name, provide: { eventStoreKind: 'postgres' }, ...test, exclude: [...(test?.exclude ?? []), FOREIGN] },
  };
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/globalSetup.ts'],
    setupFiles: ['test/support/propertySeed.ts'],
    // Workers pass it on to the programs that they start.
    env: { NODE_COMPILE_CACHE: PROGRAM_ENVIRONMENT.NODE_COMPILE_CACHE },
    // Twice the cores of a small machine: most tests wait for other processes.
    maxWorkers: 4,
    sequence: { sequencer: LongFirst },
    // Generous: a slow machine must not fail a test. Tests wait on conditions, never on time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      project('unit', { include: UNIT, isolate: false }),
      project('stores', { include: STORES, exclude: UNIT }),
      project('programs', { include: PROGRAMS, exclude: [...UNIT, ...ON_EVENT_STORE_DB] }),
      project('gateway', { include: ['test/**/*.test.ts'], exclude: [...UNIT, ...STORES, ...PROGRAMS] }),
      project('gateway-in-memory', { include: ON_EVERY_STORE, provide: { eventStoreKind: 'memory' } }),
      project('gateway-on-eventstoredb', {
        include: [...ON_EVERY_STORE, ...IN_SEVERAL_PROCESSES, ...ON_EVENT_STORE_DB],
        provide: { eventStoreKind: 'eventstoredb' },
      }),
    ],
  },
});
