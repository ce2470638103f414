import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { checkServerUrl, eventUrlSchema } from '../../src/events/serverUrl.ts';
import { anyText, anyUrl } from '../support/hostileInput.ts';

describe('the address of a server', () => {
  it.each([
    'https://mcp.example.com/mcp',
    'HTTP://Example.COM',
    'http://localhost:3000/a?b=c#d',
    'http://[::1]:8080/',
    'http://127.0.0.1/',
    'https://bücher.example/ü',
    'https://h.example/%zz',
  ])('%s is taken as it is written', (url) => {
    expect(() => {
      checkServerUrl(url);
    }).not.toThrow();
  });

  it.each([
    ['', 'server-url-invalid'],
    ['mcp.example.com', 'server-url-invalid'],
    ['ftp://h/', 'server-url-invalid'],
    ['file:///etc/passwd', 'server-url-invalid'],
    ['http:api.example.com/mcp', 'server-url-invalid'],
    ['http:/x', 'server-url-invalid'],
    ['http:///x', 'server-url-invalid'],
    ['http:\\\\x', 'server-url-invalid'],
    ['http://x\\y', 'server-url-invalid'],
    [' http://x', 'server-url-invalid'],
    ['http://x\n', 'server-url-invalid'],
    ['ht\ttp://x', 'server-url-invalid'],
    ['http://x/\0', 'server-url-invalid'],
    ['http://x/\ud800', 'server-url-invalid'],
    ['http://x:65536', 'server-url-invalid'],
    ['http://a%00b', 'server-url-invalid'],
    [`http://x/${'y'.repeat(8_192)}`, 'server-url-invalid'],
    ['http://u@x', 'server-url-has-credentials'],
    ['http://:p@x', 'server-url-has-credentials'],
  ])('%j is refused: %s', (url, code) => {
    expect(() => {
      checkServerUrl(url);
    }).toThrow(expect.objectContaining({ kind: 'invalid', code }));
  });
});

property.prop([fc.oneof(anyUrl, anyText)], { numRuns: 1_000 })(
  'what is taken reads back as it is, and is called as it is read [events-checked-where-made]',
  (url) => {
    try {
      checkServerUrl(url);
    } catch {
      return;
    }
    expect(eventUrlSchema.parse(url)).toBe(url);
    const { protocol, host } = new URL(url);
    expect(url.toLowerCase()).toMatch(new RegExp(`^${protocol}//`));
    // Names of hosts may change their form (IDNA, RFC 3986 3.2.2), never their place.
    expect(host).not.toBe('');
  },
);
