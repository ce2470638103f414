import { fc } from '@fast-check/vitest';

// What outsiders send where a text, an address, a time, a duration or a number is asked for: mostly wrong, often nearly right.

const unit = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 9, 10, 0x7f, 0xa0, 0xad, 0xd800, 0xdfff, 0xfeff, 0xffff) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
);

/** UTF-16 as it comes, halves of pairs and U+0000 included; now and then about as long as a bound. */
export const anyText = fc.oneof(
  { weight: 6, arbitrary: fc.array(unit, { maxLength: 24 }).map((units) => String.fromCharCode(...units)) },
  { weight: 3, arbitrary: fc.constantFrom('', ' ', 'GitHub', 'ü', '😀', 'a\0b', '\ud800', '__proto__', '${A}', '-x') },
  { weight: 1, arbitrary: fc.constantFrom(256, 257, 4_096, 4_097, 70_000).map((length) => 'x'.repeat(length)) },
);

const schemes = [
  'http://',
  'https://',
  'HTTP://',
  'http:',
  'http:/',
  'http:///',
  'http:\\\\',
  ' https://',
  'ftp://',
  '',
];
const hosts = ['h.example', 'H.Example:8443', 'bücher.example', '[::1]', '127.1', 'h:99999', 'u:p@h', 'a b', 'h\t', ''];
const tails = ['', '/mcp', '/MCP?a=b', '/#f', '/a b', '/\\x', '/\0', '/\ud800', '/ü', '/%zz', '/mcp ', '/mcp\n'];

/** Addresses of servers, right ones and those that URL.parse would mend. */
export const anyUrl = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.constantFrom(...schemes), fc.constantFrom(...hosts), fc.constantFrom(...tails))
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: anyText.map((text) => `https://h.example/${text}`) },
  { weight: 1, arbitrary: fc.constantFrom(8_170, 8_300).map((length) => `https://h.example/${'p'.repeat(length)}`) },
);

/** Addresses that are right. */
export const goodUrl = fc.constantFrom('https://h.example/mcp', 'HTTP://H.example:80/', 'https://bücher.example/#f');

/** Durations as people write them, up to a century and beyond. */
export const anyDuration = fc
  .tuple(
    fc.oneof(fc.constantFrom(0, 1, 90, 36_500, 36_501, 2_147_483_648), fc.nat({ max: 1e12 })),
    fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w', '', 'D'),
  )
  .map(([count, of]) => `${count}${of}`);

/** Times as people write them, at the ends of what can be stored and beyond. */
export const anyTime = fc.oneof(
  fc.constantFrom('0000-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59-05:00', '2001-01-01'),
  fc
    .tuple(
      fc.constantFrom('9999-12-31', '0000-01-01', '0001-01-01', '2099-02-30', '2099-02-28', '+010000-01-01'),
      fc.constantFrom('', 'T00:00:00', 'T23:59:59', 'T23:59:59.999', 'T23:59:59.9999999', 'T23:59:60', 'T24:00:00'),
      fc.constantFrom('', 'Z', '-05:00', '+14:00', '+23:59', '-0500'),
    )
    .map((parts) => parts.join('')),
);

/** Numbers where milliseconds or a count are asked for. */
export const anyNumber = fc.oneof(
  fc.constantFrom(1, 10_000, 2_147_483_647, 2_147_483_648, 3_153_600_000_000, 3_153_600_000_001),
  fc.constantFrom(0, -1, 1.5, 2 ** 53, 1e21, -0),
  fc.maxSafeNat(),
);
