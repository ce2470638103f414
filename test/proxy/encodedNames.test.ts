import { expect, test } from 'vitest';
import { serverNameOf } from '../../src/proxy/admission.ts';
import { ask, errorOf } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { echoJson } from './upstream.ts';

const { gatewayTo } = fixture();
const body = JSON.stringify(LIST);

test.for(['%66iles', 'file%73', '%66%69%6c%65%73', '%66%69%6C%65%73', '%66iles/', 'fi%6Ces?x=%zz'])(
  'the server files is found as %s, under its own name [http-encoded-names]',
  async (name) => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    gateway.keys.add('narrow', { grants: ['files'] });
    const headers = { authorization: 'Bearer narrow' };
    expect((await ask(gateway, `/mcp/${name}`, { body, headers })).status).toBe(200);
    expect(upstream.received).toHaveLength(1);
    expect(gateway.events).toMatchObject([{ server: 'files' }]);
  },
);

test.for(['files%2f', '%2e%2e', 'files%00', '%2566iles', 'Files%2f..'])('%s is not even looked for', (name) => {
  expect(() => serverNameOf(`/mcp/${name}`)).toThrow('No such server.');
});

test('the grant is for the name that an encoded one means', async () => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  gateway.servers.set('my-server', upstream.url);
  gateway.keys.add('narrow', { grants: ['files'] });
  for (const name of ['my%2Dserver', 'my%2dserver']) {
    expect((await ask(gateway, `/mcp/${name}`, { body })).status).toBe(200);
    const refused = await ask(gateway, `/mcp/${name}`, { body, headers: { authorization: 'Bearer narrow' } });
    expect(refused.status).toBe(404);
  }
  expect(upstream.received).toHaveLength(2);
});

test.for([
  ['%2566iles', 404],
  ['files%00', 404],
  ['%2e%2e/files', 404],
  ['%2e%2e%2ffiles', 404],
  ['x%2f..%2ffiles', 404],
  ['files%2f', 404],
  ['files%3fx', 404],
  ['%46iles', 404],
  ['%E2%84%AAiles', 404],
  ['files%', 400],
  ['files%6', 400],
  ['%zziles', 400],
  ['%c0%a6iles', 400],
] as const)('the encoded name %s leads nowhere: %i [http-encoded-names]', async ([name, status]) => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  const answered = await ask(gateway, `/mcp/${name}`, { body });
  expect(answered.status).toBe(status);
  expect(errorOf(answered).data?.code).toBe(status === 404 ? 'server-not-found' : 'request-target-invalid');
  expect(upstream.received).toHaveLength(0);
});
