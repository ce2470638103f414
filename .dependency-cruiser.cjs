/** DESIGN 10: events <- commands, projections <- auth <- administration <- proxy, api, cli <- main. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|cli|examples|test|bench)/', pathNot: allowed },
});
const basics =
  '^src/(backoff|boundedRead|errors|clock|growingBuffer|ids|logger|outageLog|reason|reservedMembers|settings|systemError)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^(src|cli)/' }, to: {} },
    only('basics', basics, basics),
    only('front', '^src/front/', [basics, '^src/front/']),
    only('postgres', '^src/postgres/', [basics, '^src/postgres/']),
    only('embedded', '^src/embedded/', [basics, '^src/embedded/']),
    only('events', '^src/events/', [basics, '^src/(events|postgres)/']),
    only('commands', '^src/commands/', [basics, '^src/(commands|events)/']),
    only('projections', '^src/projections/', [basics, '^src/(projections|events|postgres)/']),
    only('auth', '^src/auth/', [basics, '^src/(auth|projections|events|postgres)/']),
    only('administration', '^src/administration/', [
      basics,
      '^src/(administration|auth|projections|commands|events|postgres)/',
    ]),
    only('audit', '^src/audit/', [basics, '^src/(audit|auth|projections|commands|events|postgres)/']),
    only('calls', '^src/calls/', [basics, '^src/(calls|auth|projections|events|postgres)/']),
    only('usage', '^src/usage/', [basics, '^src/(usage|calls|postgres)/']),
    only('configuration', '^src/configuration/', [
      basics,
      '^src/(configuration|administration|auth|projections|commands|events|postgres)/',
    ]),
    only('feed', '^src/feed/', [basics, '^src/(feed|usage|calls|auth|projections|events|postgres)/']),
    only('mcp', '^src/mcp/', [basics, '^src/mcp/']),
    only('upstream', '^src/upstream/', [basics, '^src/(upstream|mcp|auth|events)/']),
    only('proxy', '^src/proxy/', [basics, '^src/(proxy|front|upstream|mcp|calls|auth|events)/']),
    only('api', '^src/api/', [
      basics,
      '^src/(api|front|administration|audit|feed|usage|upstream|mcp|calls|auth|projections|commands|events|postgres)/',
    ]),
    {
      name: 'composition-root-only',
      comment: 'Adapters of the event store are chosen in one place.',
      severity: 'error',
      from: { path: '^(src|cli)/', pathNot: '^src/(eventStores\\.ts|events/)' },
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
