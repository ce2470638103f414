/**
 * The house's laws. A room may import itself, the basics and the rooms on its line; docs/architecture.md says why.
 * No room imports one that imports it.
 */
const rooms = {
  // What every room may use, and what imports nothing but itself.
  basics: [],
  mcp: [],
  front: [],
  tls: [],
  postgres: [],
  embedded: [],
  settings: ['events'],
  // The write side: events, and the commands that decide on them.
  events: ['postgres'],
  'events/eventStoreDb': ['events'],
  commands: ['events'],
  // The read side: tables, then what keeps them true, then what makes them anew.
  'projections/tables': ['events', 'postgres'],
  'projections/running': ['projections/tables', 'events', 'postgres'],
  'projections/rebuilding': ['projections/running', 'projections/tables', 'events', 'postgres'],
  projections: ['events', 'postgres'],
  vault: ['projections/tables', 'events', 'postgres'],
  access: [],
  // How often and how much: what a limit is, and what is left of it in this process.
  limits: ['access', 'front', 'events'],
  // Memory kept true by invalidations of the tables, and who may come in: it reads memory, and no table.
  live: ['access', 'limits', 'vault', 'projections/tables', 'events', 'postgres'],
  auth: ['access', 'live', 'vault', 'events'],
  // What servers offer, remembered and recorded.
  catalogue: ['upstream', 'mcp', 'live', 'projections', 'commands', 'events', 'postgres'],
  // What administrators do.
  administration: [
    'catalogue',
    'mcp',
    'auth',
    'access',
    'vault',
    'live',
    'projections',
    'commands',
    'events',
    'postgres',
  ],
  audit: ['access', 'vault', 'projections', 'commands', 'events', 'postgres'],
  configuration: [
    'administration',
    'access',
    'vault',
    'live',
    'projections',
    'commands',
    'events',
    'postgres',
    'settings',
  ],
  // A call, from its register to the server.
  calls: ['mcp', 'auth', 'access', 'limits', 'live', 'postgres'],
  usage: ['calls', 'projections/tables', 'postgres'],
  // Figures of all the others, which know nothing of it.
  metrics: ['front', 'usage', 'upstream', 'calls', 'auth', 'projections', 'postgres'],
  // Several processes that serve one port: what a supervisor and a worker have to do with each other.
  workers: ['metrics'],
  feed: ['usage', 'calls', 'access', 'live', 'projections/tables', 'events', 'postgres'],
  upstream: ['mcp', 'calls', 'auth', 'access', 'live', 'vault', 'events'],
  proxy: ['catalogue', 'front', 'limits', 'upstream', 'mcp', 'calls', 'auth', 'access', 'live', 'events'],
  api: [
    'catalogue',
    'front',
    'limits',
    'administration',
    'audit',
    'feed',
    'usage',
    'upstream',
    'mcp',
    'calls',
    'auth',
    'live',
    'projections',
    'events',
    'postgres',
  ],
  // All that holds state, opened for a gateway or a command.
  stores: [
    'administration',
    'catalogue',
    'audit',
    'auth',
    'vault',
    'live',
    'projections',
    'commands',
    'events',
    'postgres',
    'embedded',
    'settings',
  ],
};
/** The rooms of the CLI, in the same way; what they may use of src is free. */
const cliRooms = {
  basics: ['output'],
  output: [],
  clients: [],
  input: ['output'],
  help: [],
  completion: ['input'],
  schemas: ['diagnosis', 'clients', 'completion'],
  views: ['output', 'clients'],
  stores: ['views', 'input'],
  gateway: ['clients', 'stores'],
  upstream: [],
  diagnosis: ['upstream', 'gateway', 'stores', 'views', 'output'],
  tools: [],
  commands: [
    'diagnosis',
    'completion',
    'schemas',
    'tools',
    'upstream',
    'gateway',
    'stores',
    'views',
    'input',
    'clients',
    'output',
  ],
  // The TUI: the frame knows no screen, screens know no pane, and what runs it knows neither.
  'tui/frame': ['output'],
  'tui/loop': ['tui/frame', 'gateway', 'output'],
  'tui/screens': ['tui/frame', 'tools', 'upstream', 'gateway', 'stores', 'views', 'input', 'clients', 'output'],
  'tui/panes': ['tui/screens', 'tui/frame', 'upstream', 'gateway', 'stores', 'views', 'input', 'output'],
};
const basics =
  '^src/((errors|logging|tracing)/|(backoff|boundedRead|cliName|clock|escape|freedMemory|growingBuffer|httpProtocol|ids|inTurn|inheritedVariables|loopback|nearest|plainFault|procStat|reservedMembers|shellWord|shortId|slices|storedJson|utf8Steps)\\.ts$)';
const pathOf = (room) => (room === 'basics' ? basics : `^src/${room}/`);
const laws = Object.entries(rooms).map(([room, allowed]) => ({
  name: room,
  severity: 'error',
  from: { path: pathOf(room) },
  to: { path: '^(src|cli|examples|test|bench)/', pathNot: ['basics', room, ...allowed].map(pathOf) },
}));

const cliPathOf = (room) => (room === 'basics' ? '^cli/(cli|programName|surroundings)\\.ts$' : `^cli/${room}/`);
const cliLaws = Object.entries(cliRooms).map(([room, allowed]) => ({
  name: `cli/${room}`,
  severity: 'error',
  from: { path: cliPathOf(room) },
  to: { path: '^(cli|examples|test|bench)/', pathNot: ['basics', room, ...allowed].map(cliPathOf) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^(src|cli)/' }, to: {} },
    ...laws,
    ...cliLaws,
    {
      name: 'panes-apart',
      comment: 'A new pane touches no other one. Names of keys are read where they are in memory.',
      severity: 'error',
      from: { path: '^cli/tui/panes/([^/]+)/' },
      to: { path: '^cli/tui/panes/', pathNot: ['^cli/tui/panes/$1/', '^cli/tui/panes/keys/state\\.ts$'] },
    },
    {
      name: 'no-circles-of-folders',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'one-port-to-servers',
      comment: 'The port and the functions over it know no transport; open.ts chooses it.',
      severity: 'error',
      from: { path: '^src/upstream/[^/]+\\.ts$', pathNot: '^src/upstream/open\\.ts$' },
      to: { path: '^src/upstream/[^/]+/' },
    },
    {
      name: 'one-door',
      comment:
        'The endpoint alone opens the lanes, and an adapter alone its folder: the files beside them know neither.',
      severity: 'error',
      from: { path: '^src/(proxy|events)/[^/]+\\.ts$', pathNot: '/(endpoint|postgresStore|eventStoreDb)\\.ts$' },
      to: { path: '^src/(proxy/(bytes|messages)|events/(postgres|eventStoreDb))/' },
    },
    {
      name: 'lanes-apart',
      comment: 'The endpoint chooses a lane; neither lane knows the other one, or the endpoint.',
      severity: 'error',
      from: { path: '^src/proxy/(bytes|messages|tasks)/' },
      to: { path: '^src/proxy/(endpoint\\.ts$|bytes/|messages/)', pathNot: '^src/proxy/$1/' },
    },
    {
      name: 'composition-root-only',
      comment: 'Adapters of the event store are chosen in one place.',
      severity: 'error',
      from: { path: '^(src|cli)/', pathNot: '^src/(stores/eventStores\\.ts|events/)' },
      to: { path: '^src/events/(memoryStore|postgresStore|eventStoreDb)' },
    },
    {
      name: 'one-driver',
      comment: 'What must be before pg is imported stands there; its clients refuse to tell the password to anybody.',
      severity: 'error',
      from: { path: '^(src|cli)/', pathNot: '^src/postgres/driver\\.ts$' },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'clients-of-our-own',
      comment: 'src/postgres/client.ts chooses whom it tells the password; sessionSettings.ts sets what we rely on.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^src/postgres/driver\\.ts$' },
    },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      from: { path: '^(src|cli)/' },
      to: { path: '^(test|bench|examples)/' },
    },
    {
      name: 'no-sdk-in-product',
      severity: 'error',
      from: { path: '^(src|cli)/' },
      to: { path: 'node_modules/@modelcontextprotocol/' },
    },
    {
      name: 'no-dev-dependencies-in-product',
      severity: 'error',
      from: { path: '^(src|cli)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
