import { eventStoreKind } from '../support/eventStoreUnderTest.ts';

// Every test that goes through a whole gateway, but for the official clients: their calls don't reach the event store. Vitest collects what an import describes.

await import('../administration/apiKeys.test.ts');
await import('../administration/hashChain.test.ts');
await import('../administration/mcpServers.test.ts');
await import('../api/api.test.ts');
await import('../gateway/memory.test.ts');
await import('../gateway/outage.test.ts');
await import('../gateway/restart.test.ts');
await import('../gateway/revocation.test.ts');

// Several processes, which can't share a memory.
if (eventStoreKind() !== 'memory') {
  await import('../cli/keys.test.ts');
  await import('../cli/servers.test.ts');
  await import('../gateway/crash.test.ts');
  await import('../gateway/replicas.test.ts');
  await import('../gateway/shredding.test.ts');
  await import('../gateway/threeGateways.test.ts');
}
