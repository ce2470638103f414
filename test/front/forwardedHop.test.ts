import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressOfNode, forwardedHops, xForwardedHops } from '../../src/front/forwardedHop.ts';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:8080', '192.0.2.1'],
  ['192.0.2.1:_hidden', '192.0.2.1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:65535', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%25]:443', 'fe80::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['[::FFFF:c000:201]:80', '192.0.2.1'],
  ['unknown', undefined],
  ['_hidden', undefined],
  ['', undefined],
  ['192.0.2.1:80:80', undefined],
  ['192.0.2.01', undefined],
  ['192.0.2.0/24', undefined],
  ['[192.0.2.1]', undefined],
  ['[2001:db8::1', undefined],
  ['localhost', undefined],
  [`2001:db8::1%${'x'.repeat(80)}`, undefined],
])('the node %s is at %s [front-trusted-proxies]', (node, address) => {
  expect(addressOfNode(node)).toBe(address);
});

it.each([
  ['for=192.0.2.1', ['192.0.2.1']],
  ['For="[2001:db8::1]:4711";proto=https;by=203.0.113.43', ['[2001:db8::1]:4711']],
  ['for=192.0.2.1, for=198.51.100.2;host="a,b;c"', [undefined, '192.0.2.1']],
  ['for=192.0.2.1, for=198.51.100.2;host="a,b"', ['198.51.100.2', '192.0.2.1']],
  [String.raw`for=192.0.2.1;x="a\"b,c=\"d, for=198.51.100.2`, ['198.51.100.2', undefined]],
  [String.raw`x="a\",b", for=198.51.100.2`, ['198.51.100.2', undefined]],
  // What a client has sent before what the proxy appended.
  ['for=", for=198.51.100.2', ['198.51.100.2', undefined]],
  ['", for="198.51.100.2"', ['198.51.100.2', undefined]],
  ['for=1;for=2, ,', [undefined]],
  ['for=192.0.2.1:80', [undefined]],
  ['for', [undefined]],
  [',,', []],
])('of the header Forwarded: %s the hops are, from the last one, %j [front-trusted-proxies]', (header, nodes) => {
  expect([...forwardedHops(header)].map(({ node }) => node)).toEqual(nodes);
});

it('what a proxy appends is read, whatever stood before it [front-trusted-proxies]', () => {
  const before = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', ',', ';', '=', '\\', ' ', 'for', '1') }),
    fc.string({ unit: 'binary-ascii', maxLength: 200 }),
  );
  fc.assert(
    fc.property(before, (text) => {
      const [last] = forwardedHops(`${text}, for="198.51.100.2:1";proto=https`);
      expect(last).toEqual({ node: '198.51.100.2:1', proto: 'https', host: undefined });
      expect([...xForwardedHops(`${text}, 198.51.100.2`)][0]?.node).toBe('198.51.100.2');
    }),
  );
});
