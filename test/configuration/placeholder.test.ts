import { describe, expect, it } from 'vitest';
import { imported, importedOne } from './imported.ts';

const url = 'https://one.example/mcp';
const withHeader = (value: string, variables: Record<string, string> = {}) =>
  importedOne({ url, headers: { Authorization: value } }, variables);

describe('a header', () => {
  it.each([
    '${TOKEN}',
    '${env:TOKEN}',
    '$TOKEN',
    '{env:TOKEN}',
    '{ env:TOKEN }',
    '{{TOKEN}}',
    '{{ TOKEN }}',
    '{{ secrets.TOKEN }}',
    '${{ secrets.TOKEN }}',
    '${{secrets.TOKEN}}',
    '%TOKEN%',
    '$env:TOKEN',
    '$Env:TOKEN',
    'os.environ/TOKEN',
    'process.env.TOKEN',
    'env:TOKEN',
    '"$TOKEN"',
    'sk-$TOKEN',
    'me.%TOKEN%',
  ])('of the form %s becomes the value of its variable, or is refused [configuration-placeholders]', (form) => {
    const [start = ''] = /^(?:sk-|me\.|")?/.exec(form) ?? [];
    for (const [before, after] of [
      ['', ''],
      ['Bearer ', ''],
      ['Bearer ', ' '],
    ] as const) {
      const filled = withHeader(before + form + after, { TOKEN: 'a$b%c' });
      expect(filled).toMatchObject({ outcome: 'create' });
      expect(filled.headers?.['Authorization']).toBe(`${before}${start}a$b%c${form.endsWith('"') ? '"' : ''}${after}`);
      const refused = withHeader(before + form + after);
      expect(refused).toMatchObject({ outcome: 'refuse', headers: undefined });
      expect(refused.problems).toContain('${TOKEN} has no value here');
    }
  });

  it.each([
    ...['<YOUR_KEY>', '<your-api-key>', '<your api key here>', '<token>', '<TOKEN>', '<insert token>', 'sk-<your-key>'],
    ...[
      'YOUR_API_KEY',
      'YOUR_API_KEY_HERE',
      'your-api-key',
      'your_token_here',
      'yourApiKey',
      'YOURTOKEN',
      'YOUR_KEY_1',
      'MY_API_KEY',
    ],
    ...[
      'your api key',
      'YOUR API KEY',
      'sk-your-key-here',
      'sk-ant-your-api-key',
      'API_KEY_HERE',
      'token=YOUR_TOKEN',
      'me:YOUR_TOKEN',
    ],
    ...[
      'xxx',
      'XXXX',
      'xxxxxxxxxxxxxxxx',
      'sk-xxxx',
      'sk-proj-xxxxxxxx',
      'ghp_xxxxxxxxxxxxxxxxxxxx',
      'xoxb-xxxx-xxxx',
      'xxxx-xxxx-xxxx',
    ],
    ...['***', '*****', '••••••', '...', 'sk-...', 'ghp_abc…', '####'],
    ...[
      'CHANGEME',
      'change_me',
      'CHANGE-ME',
      'REPLACE_ME',
      'REPLACE_WITH_YOUR_TOKEN',
      'replace-this',
      'INSERT_TOKEN_HERE',
      'insert-your-key',
    ],
    ...[
      'PUT_YOUR_TOKEN_HERE',
      'paste-token-here',
      'enter_your_key',
      'ADD_KEY_HERE',
      'PLACEHOLDER',
      'TODO',
      'FIXME',
      'REDACTED',
      '[REDACTED]',
      '(secret)',
    ],
    ...[
      '{api_key}',
      '{TOKEN}',
      '{your-key}',
      '[YOUR_TOKEN]',
      '[your api key]',
      '{{}}',
      '{{ user.token() }}',
      '${{ github.token() }}',
    ],
    ...['$(cat token)', '$(gh auth token)', '`cat token`', '{input:key}', '{secret:key}', 'op://vault/item/key'],
    ...[
      '${',
      '${}',
      '${command:pick}',
      '${VAR:-${OTHER}}',
      '${NOT_SET:-YOUR_KEY}',
      '${NOT_SET:-<key>}',
      '${NOT_SET:-$OTHER}',
    ],
  ])('with %s in it is refused, never sent [configuration-placeholders]', (placeholder) => {
    for (const scheme of ['', 'Bearer ', 'Token ']) {
      const { outcome, headers, problems } = withHeader(scheme + placeholder);
      expect({ outcome, headers }).toEqual({ outcome: 'refuse', headers: undefined });
      expect(problems).toMatch(/headers\.Authorization has a placeholder|unknown form|\$\{NOT_SET\} has no value/);
    }
  });

  it.each([
    'Bearer',
    'bearer ',
    'Basic',
    'Bearer undefined',
    'Bearer null',
    'Bearer None',
    'Bearer API_KEY',
    'Bearer GITHUB_TOKEN',
  ])('with nothing but %s is refused [configuration-placeholders]', (value) => {
    expect(withHeader(value).outcome).toBe('refuse');
  });

  it.each([
    ...['pa$$word', '$5', '5$', 'a$B', 'x$Y1z', '$2b$10$abcdefghijk', '$$', 'abc$', 'hunter2$', '^$', '$-x'],
    ...['100%', 'abc%20def', '%C3%A9', 'a%20b%C3%A9%20', 'x%TOKEN%y', '%%', '%41%42'],
    ...['{"a":1}', '{"a":{"b":"c"}}', 'a{b}c', '{', '}{', '{}', '{1}', 'P@ss{w}rd'],
    ...['a<b>c', '<', 'a<1>', 'Name <a@b.example>', '</x>', '<https://x.example>; rel="next"', 'x<K9>z'],
    ...['[]', '[prod]', 'abc[0]', '["a"]', 'a`b', '`', '(x)', '*', '**', 'x', 'xx', '..'],
    ...[
      'token',
      'secret',
      'test',
      'dev',
      'yours',
      'yourself',
      'here',
      'you',
      'placeholders',
      'my-secret-token',
      'changes',
      'todo',
      'null',
    ],
    ...[
      'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
      'Basic dXNlcjpwYXNz',
      'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    ],
    ...[
      'sk-proj-abc_DEF-123',
      'AKIAIOSFODNN7EXAMPLE',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'abc==',
      'a=b; c=d',
      'a, b',
    ],
    ...[
      'application/json',
      'eu-west-1',
      '2024-01-01T00:00:00Z',
      'https://x.example/a?b=c',
      'env:prod,team:x',
      'my.env.PROD',
      'en-US,en;q=0.5',
    ],
    ...['{"token":"abc"}', 'x-xx-x', 'a-your', '0xdeadbeef', 'Bearer a b c', 'The key is under your mat'],
  ])('that is %s is a value, and sent as it is', (value) => {
    expect(withHeader(value)).toMatchObject({ outcome: 'create', headers: { Authorization: value } });
  });

  it('that looks like a placeholder and is none can be kept in a variable, which the refusal says', () => {
    expect(withHeader('<YOUR_KEY>').problems).toContain('keep it in a variable and write ${env:THAT_VARIABLE}');
    expect(withHeader('$TOKEN').problems).toContain(
      'if its headers.Authorization is meant as it stands, keep it in a variable',
    );
    expect(withHeader('${env:THAT}', { THAT: '<YOUR_KEY> $TOKEN ${X}' })).toMatchObject({
      headers: { Authorization: '<YOUR_KEY> $TOKEN ${X}' },
    });
  });

  it('has a name without placeholders', () => {
    for (const name of ['%HEADER%', '$HEADER', '${HEADER}', '<your-header>', '{env:HEADER}']) {
      expect(importedOne({ url, headers: { [name]: 'x' } }, { HEADER: 'A' }).outcome).toBe('refuse');
    }
  });

  it('of Codex names a variable, and no secret that stands in its place is repeated [configuration-no-secrets]', () => {
    for (const secret of ['sk-hush-1', 'Bearer hush', 'ghp_hush0123456789abcdefgh', '${HUSH}', 'hush 1']) {
      for (const settings of [{ bearer_token_env_var: secret }, { env_http_headers: { A: secret } }]) {
        const { outcome, problems } = importedOne({ url, ...settings });
        expect(outcome).toBe('refuse');
        expect(problems).toContain('no name of a variable');
        expect(problems.toLowerCase()).not.toContain('hush');
      }
    }
  });
});

describe('a URL', () => {
  it.each([
    ...[
      'https://{host}/mcp',
      'https://api-{region}.example/mcp',
      'https://<your-domain>/mcp',
      'https://YOUR_DOMAIN/mcp',
      '<YOUR_URL>',
    ],
    ...[
      'https://x.example/YOUR_PROJECT_ID/mcp',
      'https://x.example/mcp?team=xxx',
      'https://x.example/mcp?key=your-api-key',
      '{{URL}}',
    ],
    ...[
      'https://%HOST%/mcp',
      'https://$HOST/mcp',
      'https://x.example/mcp?key=%KEY%',
      '$URL',
      '{env:URL}',
      'https://x.example/{env:PART}/mcp',
    ],
  ])('with a placeholder in it, %s, is refused [configuration-placeholders]', (address) => {
    expect(importedOne({ url: address }).outcome).toBe('refuse');
  });

  it.each([
    'https://your-server.de/mcp',
    'https://x.example/%7Eme/a%20b?c=%C3%A9',
    'https://x.example/mcp?xx=x#y',
    'https://token.example/key',
  ])('that is %s is taken as it is', (address) => {
    expect(importedOne({ url: address })).toMatchObject({ outcome: 'create', url: address });
  });

  it('takes variables of any form for what is no secret', () => {
    for (const host of ['${HOST}', '{env:HOST}', '%HOST%', '$HOST', '{{HOST}}']) {
      expect(importedOne({ url: `https://${host}/mcp` }, { HOST: 'h.example' })).toMatchObject({
        url: 'https://h.example/mcp',
      });
    }
  });
});

it('an input of VS Code has no placeholder for a default [configuration-placeholders]', () => {
  const file = (fallback: string) => ({
    inputs: [{ id: 'team', default: fallback }],
    servers: { one: { url, headers: { A: '${input:team}' } } },
  });
  expect(imported(file('YOUR_TEAM'))['one']?.outcome).toBe('refuse');
});

it('a file of our own sends no placeholder either, and keeps what is literal [configuration-placeholders]', () => {
  const own = (value: unknown) =>
    imported({ version: 1, servers: { one: { url, headers: { A: value } } } }, { variables: { TOKEN: 'abc' } })['one'];
  for (const value of [
    'Bearer $TOKEN',
    '{env:TOKEN}',
    '%TOKEN%',
    '{{TOKEN}}',
    '<YOUR_KEY>',
    'YOUR_API_KEY',
    'xxx',
    '${X:-YOUR_KEY}',
  ]) {
    expect(own(value)?.outcome).toBe('refuse');
  }
  expect(own('Bearer ${TOKEN}')?.headers).toEqual({ A: 'Bearer abc' });
  expect(own('$${TOKEN} 5$')?.headers).toEqual({ A: '${TOKEN} 5$' });
  expect(own({ from_env: 'TOKEN' })?.headers).toEqual({ A: 'abc' });
});
